// Updates the parts of a view that are marked data-live: with the events that the server sends for the same address, or
// by asking again where it sends none. Without this script the page works the same and shows the state of its loading.

/** Milliseconds between two requests where there are no events. */
const PAUSE = 5000;
/** Milliseconds after which a window that got no events asks for them again. */
const RETRY = 60000;
/** Milliseconds without an event, after which the connection counts as lost; a slow server sends one in ten seconds. */
const SILENCE = 30000;
const parts = document.querySelectorAll("[data-live]");
const updates = document.querySelector("[data-updates]");

if (parts.length > 0 && updates !== null) {
  const button = updates.querySelector("button");
  const status = updates.querySelector("[role=status]");
  const texts = { pause: button.textContent, resume: button.dataset.resume, fine: status.textContent };
  let paused = false;

  /** What finds the focused element again in the new content: where a link leads, or its place among its like. */
  const focusIn = (part) => {
    const focused = document.activeElement;
    if (focused === null || !part.contains(focused)) {
      return () => {};
    }
    const href = focused.getAttribute("href");
    const label = focused.getAttribute("aria-label");
    const like = (element) =>
      element.localName === focused.localName &&
      element.getAttribute("href") === href &&
      element.getAttribute("aria-label") === label;
    return () => {
      if (focused.isConnected) {
        return;
      }
      const again = [...part.querySelectorAll("*")].find(like);
      (again ?? document.getElementById("main")).focus({ preventScroll: true });
    };
  };

  const replace = (part, fresh) => {
    if (fresh === null || part.isEqualNode(fresh)) {
      return;
    }
    const refocus = focusIn(part);
    const scrolled = [...part.querySelectorAll(".wide")].map((wide) => wide.scrollLeft);
    const news = [...fresh.childNodes];
    if (news.length === part.childNodes.length) {
      // What is the same stays as it is, to whoever reads it, by eye or by ear.
      [...part.childNodes].forEach((old, i) => old.isEqualNode(news[i]) || old.replaceWith(news[i]));
    } else {
      part.replaceChildren(...news);
    }
    [...part.querySelectorAll(".wide")].forEach((wide, i) => {
      wide.scrollLeft = scrolled[i] ?? 0;
    });
    refocus();
  };

  const say = (text) => {
    if (status.textContent !== text) {
      status.textContent = text;
    }
  };

  const isSelecting = () => !(document.getSelection()?.isCollapsed ?? true);

  /** What the server sent and the reader does not see yet, since part of the page is selected. */
  let unseen = null;
  const show = () => {
    if (unseen !== null && !paused && !isSelecting()) {
      const fresh = new DOMParser().parseFromString(unseen, "text/html");
      unseen = null;
      parts.forEach((part) => replace(part, fresh.getElementById(part.id)));
    }
  };

  const ask = async () => {
    if (paused || document.hidden) {
      return;
    }
    try {
      const answer = await fetch(location.href, {
        headers: { "x-asyncjob-live": "1" },
        signal: AbortSignal.timeout(2 * PAUSE),
      });
      if (answer.redirected || answer.status === 404) {
        location.reload(); // the session has ended, or the job is no longer there
        return;
      }
      if (!answer.ok) {
        throw new Error(`status ${answer.status}`);
      }
      unseen = await answer.text();
      show();
      say(paused ? "" : texts.fine);
    } catch {
      say(status.dataset.failed);
    }
  };

  let stream = null;
  let silence = 0;
  let isAsking = false;

  const askUntil = async (end) => {
    await ask();
    if (performance.now() < end) {
      setTimeout(askUntil, PAUSE, end);
    } else {
      isAsking = false;
      listen();
    }
  };

  const listen = () => {
    if (stream === null && !isAsking && !paused && !document.hidden) {
      stream = new EventSource(location.href);
      stream.onmessage = (event) => {
        unseen = event.data;
        show();
        hear(texts.fine);
      };
      stream.addEventListener("same", () => hear(texts.fine));
      stream.addEventListener("fault", () => hear(status.dataset.failed));
      stream.addEventListener("end", () => location.reload()); // no session any more, or no such job
      stream.addEventListener("again", () => {
        hush();
        listen();
      });
      stream.onerror = () => {
        say(status.dataset.failed);
        if (stream.readyState === EventSource.CLOSED) {
          hush();
          isAsking = true;
          askUntil(performance.now() + RETRY);
        }
      };
      hear(status.textContent);
    }
  };

  const hush = () => {
    clearTimeout(silence);
    stream?.close();
    stream = null;
  };

  /** Says how it is; without another event in time, the connection is opened again. */
  const hear = (text) => {
    say(text);
    clearTimeout(silence);
    silence = setTimeout(() => {
      hush();
      say(status.dataset.failed);
      listen();
    }, SILENCE);
  };

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? texts.resume : texts.pause;
    if (paused) {
      hush();
      unseen = null;
    }
    say(paused ? "" : texts.fine);
    listen();
  });
  document.addEventListener("selectionchange", show);
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));

  updates.hidden = false;
  listen();
}
