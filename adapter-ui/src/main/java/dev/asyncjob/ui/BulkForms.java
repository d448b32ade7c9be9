package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Cancels and retries all jobs that the filters of a list select, each after a view that counts them and says what will
 * happen; as {@link InterventionForms} otherwise. Safe for use from any thread.
 */
final class BulkForms {
    private final PageSource source;
    private final Shared<KindViews> kinds;
    private final InterventionForms forms;
    private final PageSettings settings;
    private final Answers answers;

    BulkForms(
            PageSource source,
            Shared<KindViews> kinds,
            InterventionForms forms,
            PageSettings settings,
            Answers answers) {
        this.source = source;
        this.kinds = kinds;
        this.forms = forms;
        this.settings = settings;
        this.answers = answers;
    }

    /** Adds the handlers of GET, which show what will happen, and those of POST at the same paths, which do it. */
    void addTo(Map<String, Handler> pages, Map<String, Handler> handlers) {
        for (Bulk.Action action : Bulk.Action.values()) {
            pages.put(path(action), answers.visited(InterventionForms.allowed((ctx, view) -> show(ctx, view, action))));
            handlers.put(
                    path(action), answers.form(InterventionForms.allowed((ctx, view) -> change(ctx, view, action))));
        }
    }

    private String path(Bulk.Action action) {
        return settings.path() + (action == Bulk.Action.CANCEL ? "/cancel-jobs" : "/retry-jobs");
    }

    private static Word title(Bulk.Action action) {
        return action == Bulk.Action.CANCEL ? Word.CANCEL_JOBS : Word.RETRY_JOBS;
    }

    /** The link that leads to what can be done to all jobs of a list, with their number; nothing if nothing can. */
    Html offer(View view, JobQuery query) {
        JobFilter filter = query.filter();
        boolean overdue = Boolean.TRUE.equals(filter.overdue());
        boolean pending = filter.status() == JobStatus.PENDING || (filter.status() == null && overdue);
        Bulk.Action action = pending ? Bulk.Action.CANCEL : Bulk.Action.RETRY;
        Bulk bulk = new Bulk(action, filter, Bulk.MAX_JOBS);
        if (!view.mayAct() || bulk.isOfAll() || (!pending && (filter.status() != JobStatus.FAILED || overdue))) {
            return Html.NONE;
        }
        String name;
        try {
            Bulk.Preview found = source.bulks().preview(bulk);
            if (found.matching() == 0) {
                return Html.NONE;
            }
            Word verb = pending ? Word.DO_CANCEL : Word.DO_RETRY;
            name = view.say(verb) + " " + number(view, found);
        } catch (StoreUnavailable e) { // the list could be read, but not counted in time
            name = view.say(title(action));
        }
        return el("p", View.link(path(action) + query.first(), name));
    }

    private static String number(View view, Bulk.Preview found) {
        return view.text().jobs(found.matching()) + (found.more() ? " " + view.say(Word.OR_MORE) : "");
    }

    /** Reads the filters in the URL; answers with what is wrong with them if they select nothing or all. */
    private boolean selects(Context ctx, View view, JobQuery query, Bulk bulk) {
        if (query.broken().isEmpty() && !bulk.isOfAll()) {
            return true;
        }
        Answers.refuse(ctx, view, 422, title(bulk.action()), view.say(Word.NO_FILTER));
        return false;
    }

    private void show(Context ctx, View view, Bulk.Action action) {
        JobQuery query = JobQuery.of(ctx.queryParamMap());
        Bulk bulk = new Bulk(action, query.filter(), Bulk.MAX_JOBS);
        if (!selects(ctx, view, query, bulk)) {
            return;
        }
        Bulk.Preview found = source.bulks().preview(bulk);
        Word meaning = action == Bulk.Action.CANCEL ? Word.CANCEL_JOBS_MEANS : Word.RETRY_JOBS_MEANS;
        Html facts = facts(view, query, bulk, found);
        String back = settings.path() + "/jobs" + query.first();
        Html content = found.matching() > 0
                ? new InterventionView(title(action), meaning, facts, null, null).of(view, back)
                : Html.all(
                        el("p", attr("class", "note"), view.say(Word.NO_JOBS)),
                        facts,
                        View.link(back, view.say(Word.JOBS)));
        Answers.write(ctx, view.document(title(action), number(view, found), content));
    }

    private static Html facts(View view, JobQuery query, Bulk bulk, Bulk.Preview found) {
        List<Html> all = new ArrayList<>();
        Map<String, Word> names = Map.of("kind", Word.KIND, "owner", Word.OWNER, "reference", Word.REFERENCE);
        for (String name : List.of("kind", "owner", "reference")) {
            if (!query.text(name).isEmpty()) {
                all.add(view.fact(names.getOrDefault(name, Word.FILTERS), foreign(query.text(name))));
            }
        }
        if (bulk.filter().overdue() != null) {
            all.add(view.fact(Word.OVERDUE, view.say(bulk.filter().overdue() ? Word.YES : Word.NO)));
        }
        all.add(view.fact(Word.HOW_MANY, number(view, found)));
        if (bulk.action() == Bulk.Action.RETRY) {
            all.add(view.fact(Word.RETRIED_BEFORE, view.text().jobs(found.retried())));
            if (found.notKept() != null) {
                all.add(view.fact(Word.NOT_KEPT, view.text().jobs(found.notKept())));
            }
        }
        return el("dl", all);
    }

    /** Changes the jobs, and shows the list; if more match, what is left to do. */
    private void change(Context ctx, View view, Bulk.Action action) {
        JobQuery query = JobQuery.of(ctx.queryParamMap());
        Bulk bulk = new Bulk(action, query.filter(), Bulk.MAX_JOBS);
        if (selects(ctx, view, query, bulk)) {
            Bulk.Result result = source.bulks().change(bulk, source.ids(), forms.intervention(ctx, view));
            kinds.forget();
            Answers.see(ctx, (result.more() ? path(action) : settings.path() + "/jobs") + query.first());
        }
    }
}
