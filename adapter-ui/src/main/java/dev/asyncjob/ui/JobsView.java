package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A list of jobs, the newest first, one page at a time.
 *
 * @param query the filters
 * @param page what they select; null if one of them is not valid
 * @param offer what can be done to all of them
 */
record JobsView(JobQuery query, @Nullable JobPage page, Html offer) {
    Html of(View view) {
        return Html.all(
                filters(view),
                page == null
                        ? el(
                                "div",
                                attr("role", "alert"),
                                el("p", view.say(Word.CHECK_FILTERS)),
                                el(
                                        "ul",
                                        query.broken().stream()
                                                .map(broken -> el("li", broken.of(view)))
                                                .toList()))
                        : Html.all(offer, view.live("jobs", list(view, page))));
    }

    private Html filters(View view) {
        return el(
                "form",
                attr("method", "get"),
                attr("action", view.path() + "/jobs"),
                attr("class", "filters"),
                attr("aria-label", view.say(Word.FILTERS)),
                select(
                        view,
                        Word.STATUS,
                        "status",
                        Map.of("PENDING", "PENDING", "DONE", "DONE", "FAILED", "FAILED"),
                        List.of("PENDING", "DONE", "FAILED")),
                field(view, Word.KIND, "kind"),
                field(view, Word.OWNER, "owner"),
                field(view, Word.REFERENCE, "reference"),
                select(
                        view,
                        Word.OVERDUE,
                        "overdue",
                        Map.of("true", view.say(Word.YES), "false", view.say(Word.NO)),
                        List.of("true", "false")),
                query.text("limit").isEmpty() ? null : View.hidden("limit", query.text("limit")),
                el("button", attr("type", "submit"), view.say(Word.SHOW)));
    }

    private Html field(View view, Word label, String name) {
        return el(
                "label",
                el("span", view.say(label)),
                el("input", attr("name", name), attr("value", query.text(name)), attr("autocomplete", "off")));
    }

    private Html select(View view, Word label, String name, Map<String, String> texts, List<String> values) {
        List<Html> options = new ArrayList<>();
        options.add(el("option", attr("value", ""), view.say(Word.ANY)));
        for (String value : values) {
            options.add(el(
                    "option",
                    attr("value", value),
                    value.equals(query.text(name)) ? attr("selected") : null,
                    texts.get(value)));
        }
        return el("label", el("span", view.say(label)), el("select", attr("name", name), options));
    }

    private Html list(View view, JobPage jobs) {
        List<Word> columns = List.of(
                Word.ID,
                Word.STATUS,
                Word.KIND,
                Word.OWNER,
                Word.REFERENCE,
                Word.ACCEPTED,
                Word.ETA,
                Word.ATTEMPTS,
                Word.WORKER);
        List<Html> rows = jobs.jobs().stream().map(entry -> row(view, entry)).toList();
        return Html.all(
                rows.isEmpty() ? el("p", view.say(Word.NO_JOBS)) : view.table(Word.JOBS, columns, rows),
                view.pages(
                        query.filter().after() == null ? null : view.path() + "/jobs" + query.first(),
                        jobs.next()
                                .map(place -> view.path() + "/jobs" + query.after(place))
                                .orElse(null)));
    }

    private static Html row(View view, JobPage.Entry entry) {
        AsyncJob job = entry.snapshot().job();
        return View.row(
                View.link(view.path() + "/jobs/" + job.id(), el("code", job.id())),
                View.status(job.status()),
                job.kind(),
                foreign(job.owner()),
                foreign(entry.reference() == null ? null : entry.reference().value()),
                View.time(job.createdAt()),
                View.time(entry.snapshot().eta()),
                entry.attempts(),
                foreign(entry.lease() == null ? null : entry.lease().worker()));
    }
}
