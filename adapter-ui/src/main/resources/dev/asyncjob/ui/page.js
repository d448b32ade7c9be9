// Refreshes the parts of a view that are marked data-live, from the same address. Without this script the page works
// the same and shows the state of its loading.

const PAUSE = 5000;
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

  const refresh = async () => {
    if (paused || document.hidden || isSelecting()) {
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
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!paused && !isSelecting()) {
        parts.forEach((part) => replace(part, fresh.getElementById(part.id)));
      }
      say(paused ? "" : texts.fine);
    } catch {
      say(status.dataset.failed);
    }
  };

  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? texts.resume : texts.pause;
    say(paused ? "" : texts.fine);
  });

  const again = async () => {
    await refresh();
    setTimeout(again, PAUSE);
  };
  updates.hidden = false;
  setTimeout(again, PAUSE);
}
