package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The views of all kinds at once: what waits now, and which kinds are known.
 *
 * @param workloads the pending jobs of each kind that has any
 * @param states what is set for kinds, and when a worker last asked for each
 * @param now when that was read
 */
record KindViews(List<Workload> workloads, List<KindState> states, Instant now) {
    /** A kind, from what is known of it. */
    private record Known(
            Workload load, KindState state, @Nullable Duration sinceAsked) {
        /** Whether jobs wait and no worker asks for them, as {@link Explanation} judges it. */
        boolean lacksWorker() {
            boolean asked = sinceAsked != null && sinceAsked.compareTo(Explanation.ASKING) <= 0;
            return load.waiting() > 0 && load.running() == 0 && !asked;
        }
    }

    /** What is pending, with that first which lacks a worker, and then what has waited for longest. */
    Html now(View view) {
        Comparator<Known> order = Comparator.comparing((Known one) -> !one.lacksWorker())
                .thenComparing(one -> one.load.oldest(), Comparator.reverseOrder())
                .thenComparing(one -> one.load.kind());
        List<Html> rows = known(workloads.stream().map(Workload::kind))
                .sorted(order)
                .map(one -> now(view, one))
                .toList();
        List<Word> columns = List.of(
                Word.KIND, Word.STATE, Word.WAITING, Word.OLDEST, Word.RUNNING, Word.SCHEDULED, Word.LAST_ASKED);
        return view.live(
                "now",
                rows.isEmpty()
                        ? el("p", view.say(Word.NO_KINDS))
                        : Html.all(view.table(Word.NOW, columns, rows), View.note(view.say(Word.COUNTED_TO))));
    }

    private static Html now(View view, Known one) {
        Workload load = one.load;
        return View.row(
                View.link(
                        view.path() + "/jobs?status=PENDING&kind=" + load.kind().value(),
                        load.kind().value()),
                state(view, one),
                view.text().number(load.waiting()),
                load.waiting() == 0 ? "" : view.lasting(load.oldest()),
                running(view, one),
                view.text().number(load.scheduled()),
                view.ago(one.sinceAsked));
    }

    private static Html state(View view, Known one) {
        if (one.load.paused()) {
            return View.state("bad", "‖", view.say(Word.PAUSED));
        }
        if (one.lacksWorker()) {
            return View.state("bad", "▲", view.say(Word.NO_WORKER));
        }
        return one.load.waiting() > 0
                ? View.state("pending", "◐", view.say(Word.MOVING))
                : View.state("good", "✔", view.say(Word.IDLE));
    }

    /** How many jobs run, and how many may. */
    private static String running(View view, Known one) {
        String running = view.text().number(one.load.running());
        Integer limit = one.state.limit();
        return limit == null
                ? running
                : running + " " + view.say(Word.OF) + " " + view.text().number(limit);
    }

    /** Every kind that has pending jobs, for which something is set, or that a worker has asked for lately. */
    Html kinds(View view) {
        List<Word> columns = new ArrayList<>(List.of(Word.KIND, Word.WAITING, Word.RUNNING, Word.PAUSE));
        if (view.mayAct()) {
            columns.add(Word.ACTIONS);
        }
        columns.addAll(List.of(Word.LAST_ASKED, Word.JOBS));
        List<Html> rows = known(Stream.concat(
                        workloads.stream().map(Workload::kind), states.stream().map(KindState::kind)))
                .sorted(Comparator.comparing(one -> one.load.kind()))
                .map(one -> kind(view, one))
                .toList();
        return view.live(
                "kinds",
                rows.isEmpty() ? el("p", view.say(Word.NO_KNOWN_KINDS)) : view.table(Word.KINDS, columns, rows));
    }

    private static Html kind(View view, Known one) {
        String jobs = view.path() + "/jobs?kind=" + one.load.kind().value();
        List<Object> cells = new ArrayList<>(
                List.of(view.text().number(one.load.waiting()), running(view, one), pause(view, one.state.pause())));
        if (view.mayAct()) {
            cells.add(actions(view, one));
        }
        cells.add(view.ago(one.sinceAsked));
        cells.add(Html.all(
                link(view, one, jobs, Word.ALL),
                " · ",
                link(view, one, jobs + "&status=FAILED", Word.FAILED_ONES),
                " · ",
                link(view, one, jobs + "&overdue=true", Word.OVERDUE_ONES)));
        return View.row(el("code", one.load.kind()), cells.toArray());
    }

    private static Html actions(View view, Known one) {
        String path = view.path() + "/kinds/" + one.load.kind() + "/";
        return el(
                "ul",
                attr("class", "row"),
                KindAction.of(one.state).stream()
                        .map(action -> el("li", link(view, one, path + action.segment, action.link)))
                        .toList());
    }

    /** What is known of one kind, beside what will happen to it. */
    Html facts(View view, KindState state) {
        return el(
                "dl",
                known(Stream.of(state.kind()))
                        .map(one -> new Known(one.load, state, one.sinceAsked))
                        .map(one -> List.of(
                                view.fact(Word.WAITING, view.text().number(one.load.waiting())),
                                view.fact(Word.RUNNING, running(view, one)),
                                view.fact(Word.LAST_ASKED, view.ago(one.sinceAsked)),
                                state.pause() == null ? Html.NONE : view.fact(Word.PAUSE, pause(view, state.pause()))))
                        .toList());
    }

    /** The client that has paused a kind, with the time and the reason; empty for a kind that is not paused. */
    static Html pause(View view, KindState.@Nullable Pause pause) {
        return pause == null
                ? Html.NONE
                : Html.all(
                        View.state("bad", "‖", view.say(Word.PAUSED)),
                        " ",
                        View.time(pause.since()),
                        " ",
                        foreign(pause.by()),
                        pause.reason() == null ? null : Html.all(": ", foreign(pause.reason())));
    }

    /** A link that names its kind to those who hear links alone. */
    private static Html link(View view, Known one, String target, Word which) {
        return el(
                "a",
                attr("href", target),
                attr("aria-label", view.say(which) + " " + one.load.kind()),
                view.say(which));
    }

    private Stream<Known> known(Stream<JobKind> kinds) {
        Map<JobKind, Workload> loads =
                workloads.stream().collect(Collectors.toMap(Workload::kind, Function.identity()));
        Map<JobKind, KindState> set = states.stream().collect(Collectors.toMap(KindState::kind, Function.identity()));
        return kinds.distinct().map(kind -> {
            KindState state = set.getOrDefault(kind, KindState.of(kind));
            Instant asked = state.askedAt();
            return new Known(
                    loads.getOrDefault(kind, new Workload(kind, 0, 0, 0, Duration.ZERO)),
                    state,
                    asked == null ? null : Duration.between(asked, now));
        });
    }
}
