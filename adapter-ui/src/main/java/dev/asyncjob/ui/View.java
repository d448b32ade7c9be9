package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.text.ExplanationText;
import dev.asyncjob.domain.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one reader sees the page: the parts that its views have in common, in the reader's language. Immutable.
 *
 * @param text the numbers and sentences of the language
 * @param path the path of the page
 * @param here the path and query of this view, for the link to the other language
 * @param reader the client of the session; null without a session
 */
record View(
        ExplanationText text,
        String path,
        String here,
        @Nullable Reader reader) {
    /** The height of the highest bar of a chart. */
    static final int CHART = 20;

    private static final List<Word> VIEWS = List.of(Word.NOW, Word.JOBS, Word.KINDS, Word.WORKERS, Word.AUDIT);

    /**
     * A client that has logged in.
     *
     * @param access what the credentials allow
     * @param formToken the secret of the forms
     * @param actions whether the page does what administrators ask it to
     * @param entered whether with credentials; others log out elsewhere
     */
    record Reader(Access access, String formToken, boolean actions, boolean entered) {}

    /** The reader of a view that needs a session. */
    Reader known() {
        return Objects.requireNonNull(reader);
    }

    /** Whether errors are shown in full, and the audit. */
    boolean isAdmin() {
        return reader != null && reader.access.scopes().contains(Scope.JOB_ADMIN);
    }

    /** Whether the reader can pause and limit kinds, and cancel and retry jobs. */
    boolean mayAct() {
        return isAdmin() && known().actions;
    }

    String say(Word word) {
        return word.in(text.language());
    }

    /** A whole document. */
    String document(Word title, String name, Html content) {
        Html head = el(
                "head",
                el("meta", attr("charset", "utf-8")),
                el("title", name.isEmpty() ? say(title) : say(title) + " " + name, " · asyncjob"),
                el("meta", attr("name", "viewport"), attr("content", "width=device-width, initial-scale=1")),
                el("meta", attr("name", "color-scheme"), attr("content", "light dark")),
                el("link", attr("rel", "icon"), attr("href", url(Asset.ICON))),
                el("link", attr("rel", "stylesheet"), attr("href", url(Asset.STYLE))),
                el("script", attr("type", "module"), attr("src", url(Asset.SCRIPT))));
        Html main = el(
                "main",
                attr("id", "main"),
                attr("tabindex", "-1"),
                el("h1", say(title), name.isEmpty() ? null : el("code", foreign(name))),
                content);
        Html skip = el("a", attr("class", "skip"), attr("href", "#main"), say(Word.SKIP));
        return el("html", attr("lang", text.language()), head, el("body", skip, header(title), main))
                .document();
    }

    private String url(Asset asset) {
        return path + "/" + asset.file + "?v=" + asset.version;
    }

    private Html header(Word title) {
        String other = text.language().equals("uk") ? "en" : "uk";
        String link = here + (here.indexOf('?') < 0 ? "?" : "&") + "lang=" + other;
        return el(
                "header",
                el("strong", "asyncjob"),
                reader == null
                        ? null
                        : el(
                                "nav",
                                attr("aria-label", say(Word.VIEWS)),
                                el(
                                        "ul",
                                        VIEWS.stream()
                                                .filter(view -> view != Word.AUDIT || isAdmin())
                                                .map(view -> entry(view, title))
                                                .toList())),
                el("a", attr("href", link), attr("lang", other), attr("hreflang", other), say(Word.OTHER_LANGUAGE)),
                reader == null ? null : logout(reader));
    }

    private Html entry(Word view, Word title) {
        String target = path
                + switch (view) {
                    case JOBS -> "/jobs";
                    case KINDS -> "/kinds";
                    case WORKERS -> "/workers";
                    case AUDIT -> "/audit";
                    default -> "";
                };
        return el(
                "li",
                el(
                        "a",
                        attr("href", target),
                        view == title || (view == Word.JOBS && title == Word.JOB)
                                ? attr("aria-current", view == title ? "page" : "true")
                                : null,
                        say(view)));
    }

    private Html logout(Reader who) {
        Html name = el("span", say(Word.LOGGED_IN_AS), " ", foreign(who.access.client()));
        if (!who.entered) {
            return name;
        }
        return el(
                "form",
                attr("method", "post"),
                attr("action", path + "/logout"),
                name,
                hidden("form", who.formToken),
                el("button", attr("type", "submit"), say(Word.LOG_OUT)));
    }

    /** A field of a form that is not shown. */
    static Html hidden(String name, String value) {
        return el("input", attr("type", "hidden"), attr("name", name), attr("value", value));
    }

    /** A name and what it stands for, in a list of such. */
    Html fact(Word name, Object value) {
        return el("div", el("dt", say(name)), el("dd", value));
    }

    /**
     * The links to other pages of a list.
     *
     * @param first where the first page is; null on the first page
     * @param next where the next page is; null on the last page
     */
    Html pages(@Nullable String first, @Nullable String next) {
        return el(
                "nav",
                attr("aria-label", say(Word.PAGES)),
                first == null ? null : link(first, say(Word.FIRST_PAGE)),
                " ",
                next == null ? null : el("a", attr("href", next), attr("rel", "next"), say(Word.NEXT_PAGE)));
    }

    /** A part that the script refreshes, and what it says of that. */
    Html live(String id, Html content) {
        Html updates = el(
                "p",
                attr("class", "updates"),
                attr("hidden"),
                attr("data-updates"),
                el(
                        "button",
                        attr("type", "button"),
                        attr("data-resume", say(Word.RESUME_UPDATES)),
                        say(Word.PAUSE_UPDATES)),
                el(
                        "span",
                        attr("role", "status"),
                        attr("data-failed", say(Word.UPDATES_FAIL)),
                        say(Word.UPDATES_ITSELF)));
        return Html.all(updates, el("div", attr("id", id), attr("data-live"), content));
    }

    /** A table that can be moved by keyboard where it is wider than the window. */
    Html table(Word caption, List<Word> columns, List<Html> rows) {
        return el(
                "div",
                attr("class", "wide"),
                attr("role", "region"),
                attr("tabindex", "0"),
                attr("aria-label", say(caption)),
                el(
                        "table",
                        el(
                                "thead",
                                el(
                                        "tr",
                                        columns.stream()
                                                .map(column -> el("th", attr("scope", "col"), say(column)))
                                                .toList())),
                        el("tbody", rows)));
    }

    /** A row, the first cell of which names it. */
    static Html row(Html first, @Nullable Object... cells) {
        return el(
                "tr",
                el("th", attr("scope", "row"), first),
                Arrays.stream(cells).map(cell -> el("td", cell)).toList());
    }

    static Html link(String target, Object content) {
        return el("a", attr("href", target), content);
    }

    /** A state by word, by shape and by colour. */
    static Html state(String kind, String shape, String word) {
        return el("span", attr("class", "state " + kind), el("span", attr("aria-hidden", "true"), shape), " ", word);
    }

    static Html status(JobStatus status) {
        return switch (status) {
            case PENDING -> state("pending", "◐", "PENDING");
            case DONE -> state("good", "✔", "DONE");
            case FAILED -> state("bad", "✖", "FAILED");
        };
    }

    /** An instant in UTC, to the second. */
    static Html time(@Nullable Instant instant) {
        if (instant == null) {
            return Html.NONE;
        }
        String iso = instant.truncatedTo(ChronoUnit.SECONDS).toString();
        return el("time", attr("datetime", iso), iso.replace('T', ' ').replace("Z", " UTC"));
    }

    /**
     * A small chart, and a number beside it.
     *
     * @param look a class for its colour; empty for that of the text
     * @param label what it tells to those who do not see it
     * @param bars their heights, 0 to {@link #CHART} pixels; each is 2 pixels wide
     */
    static Html chart(String look, String label, long[] bars, String number) {
        int width = 2 * bars.length;
        StringBuilder path = new StringBuilder("M0 " + CHART + "h" + width + "v1h-" + width + "z");
        for (int i = 0; i < bars.length; i++) {
            String bar = "M" + 2 * i + " " + CHART + "v-" + bars[i] + "h2v" + bars[i] + "z";
            path.append(bars[i] == 0 ? "" : bar);
        }
        Html image = el(
                "svg",
                attr("class", look.isEmpty() ? "chart" : "chart " + look),
                attr("role", "img"),
                attr("aria-label", label),
                attr("width", Integer.toString(width)),
                attr("height", Integer.toString(CHART + 1)),
                el("path", attr("d", path.toString())));
        return Html.all(image, " ", number);
    }

    /** A remark below what it is about. */
    static Html note(String text) {
        return el("p", attr("class", "note"), text);
    }

    /** How long ago something was; null if that is not known. */
    String ago(@Nullable Duration time) {
        return time == null ? say(Word.NEVER) : lasting(time) + " " + say(Word.AGO);
    }

    String lasting(Duration time) {
        return time.compareTo(Duration.ofSeconds(1)) < 0 ? text.lasting(Duration.ofSeconds(1)) : text.lasting(time);
    }
}
