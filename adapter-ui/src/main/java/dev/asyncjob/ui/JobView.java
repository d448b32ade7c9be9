package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.ResourceLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One job: why it is as it is, its attempts, and what its client sees. A reader who does not see errors gets them cut,
 * and not the client's view of a job that failed, which has the error.
 *
 * @param facts what is known of the job
 * @param clientView the body of the status answer, as text
 * @param traceLink as {@link PageSettings#traceLink}
 */
record JobView(JobFacts facts, String clientView, String traceLink) {
    /** Characters of an error that every reader sees. */
    static final int SHORT_ERROR = 80;

    Html of(View view) {
        boolean seesErrors = view.isAdmin();
        AsyncJob job = facts.entry().snapshot().job();
        boolean failed = job.status() == JobStatus.FAILED;
        Html why = el(
                "section",
                el("h2", view.say(Word.WHY)),
                el(
                        "p",
                        attr("class", "sentence"),
                        foreign(explanation(seesErrors).as(view.text()))),
                view.mayAct() && job.status() == JobStatus.PENDING
                        ? el("p", View.link(view.path() + "/jobs/" + job.id() + "/cancel", view.say(Word.CANCEL_JOB)))
                        : null);
        Html client = el(
                "section",
                el("h2", view.say(Word.CLIENT_SEES)),
                seesErrors || !failed
                        ? el(
                                "pre",
                                attr("tabindex", "0"),
                                attr("role", "region"),
                                attr("aria-label", view.say(Word.CLIENT_SEES)),
                                clientView)
                        : View.note(view.say(Word.ERRORS_FOR_ADMIN)));
        return view.live("job", Html.all(why, facts(view), history(view, seesErrors), client));
    }

    private Explanation explanation(boolean seesErrors) {
        Explanation all = Explanation.of(facts);
        if (seesErrors) {
            return all;
        }
        if (all instanceof Explanation.Ended ended) {
            return new Explanation.Ended(ended.status(), ended.at(), cut(ended.error()), ended.retry());
        }
        return all instanceof Explanation.Resting resting
                ? new Explanation.Resting(resting.until(), resting.attempt(), cut(resting.error()))
                : all;
    }

    private static @Nullable String cut(@Nullable String error) {
        return error == null || error.codePointCount(0, error.length()) <= SHORT_ERROR
                ? error
                : error.substring(0, error.offsetByCodePoints(0, SHORT_ERROR)) + "…";
    }

    /** What the job is and has. */
    Html facts(View view) {
        JobPage.Entry entry = facts.entry();
        AsyncJob job = entry.snapshot().job();
        List<Html> all = new ArrayList<>();
        add(all, view, Word.STATUS, View.status(job.status()));
        add(
                all,
                view,
                Word.KIND,
                View.link(view.path() + "/jobs?kind=" + job.kind().value(), job.kind()));
        add(all, view, Word.OWNER, foreign(job.owner()));
        add(all, view, Word.SCHEDULED_BY, entry.scheduledBy() == null ? null : foreign(entry.scheduledBy()));
        add(
                all,
                view,
                Word.REFERENCE,
                entry.reference() == null ? null : foreign(entry.reference().value()));
        add(all, view, Word.ACCEPTED, View.time(job.createdAt()));
        add(all, view, Word.ETA, View.time(entry.snapshot().eta()));
        add(all, view, Word.PROMISED, promised(view));
        add(all, view, Word.ATTEMPTS, entry.attempts());
        add(all, view, Word.PROGRESS, entry.progress() == null ? null : Math.round(entry.progress()) + " %");
        add(
                all,
                view,
                Word.LINKS,
                el("ul", job.links().all().stream().map(JobView::link).toList()));
        add(all, view, Word.TRACE, trace());
        add(all, view, Word.READ_AT, View.time(entry.snapshot().asOf()));
        return el("section", el("h2", view.say(Word.FACTS)), el("dl", all));
    }

    /** The trace of the request that has scheduled the job; null for none. */
    private @Nullable Html trace() {
        if (facts.trace() == null) {
            return null;
        }
        String name = facts.trace().traceId();
        Html id = el("code", name);
        return traceLink.isEmpty() ? id : View.link(traceLink.replace(PageSettings.TRACE_ID, name), id);
    }

    /** The end of the first answer, and how far from it the present one or the real end is. */
    private Html promised(View view) {
        JobSnapshot snapshot = facts.entry().snapshot();
        Html promised = View.time(facts.promised());
        if (snapshot.job() instanceof AsyncJob.Failed failed && failed.wasCancelled()) {
            return promised; // what was cancelled promised nothing
        }
        Duration late = Duration.between(facts.promised(), snapshot.eta());
        String far = late.isZero()
                ? view.say(Word.THEN)
                : view.say(late.isNegative() ? Word.EARLIER : Word.LATER).formatted(view.lasting(late.abs()));
        Word end = snapshot.job().status() == JobStatus.PENDING ? Word.EXPECTED_SO : Word.ENDED_SO;
        return Html.all(promised, ": ", view.say(end), " ", far);
    }

    private static void add(List<Html> all, View view, Word name, @Nullable Object value) {
        if (value != null) {
            all.add(view.fact(name, value));
        }
    }

    /** As text: a place that a producer or worker names is none to lead an operator to. */
    private static Html link(ResourceLink link) {
        return el("li", foreign(link.entity()), link.href() == null ? null : Html.all(" ", foreign(link.href())));
    }

    private Html history(View view, boolean seesErrors) {
        List<Word> columns = List.of(Word.ATTEMPT, Word.OUTCOME, Word.WORKER, Word.BEGAN, Word.ENDED, Word.ERROR);
        List<Html> rows = facts.history().stream()
                .map(attempt -> row(attempt, seesErrors))
                .toList();
        return el(
                "section",
                el("h2", view.say(Word.HISTORY)),
                rows.isEmpty() ? el("p", view.say(Word.NO_HISTORY)) : view.table(Word.HISTORY, columns, rows),
                seesErrors ? null : View.note(view.say(Word.ERRORS_FOR_ADMIN)));
    }

    private static Html row(EndedAttempt attempt, boolean seesErrors) {
        return View.row(
                Html.all(attempt.number()),
                switch (attempt.end()) {
                    case DONE -> View.state("good", "✔", "DONE");
                    case FAILED -> View.state("bad", "✖", "FAILED");
                    case RELEASED -> View.state("pending", "↩", "RELEASED");
                    case LEASE_RAN_OUT -> View.state("bad", "⏱", "LEASE_RAN_OUT");
                    case CANCELLED -> View.state("pending", "⊘", "CANCELLED");
                },
                foreign(attempt.worker()),
                View.time(attempt.begunAt()),
                View.time(attempt.endedAt()),
                foreign(seesErrors ? attempt.error() : cut(attempt.error())));
    }
}
