package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.EndedMinute;
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
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The views of all kinds at once: what waits now, and which kinds are known.
 *
 * @param workloads the pending jobs of each kind that has any
 * @param minutes how many jobs of each kind ended in each of the last minutes
 * @param states what is set for kinds, and when a worker last asked for each
 * @param now when that was read
 */
record KindViews(List<Workload> workloads, List<EndedMinute> minutes, List<KindState> states, Instant now) {
    /** A kind, from what is known of it. */
    private record Known(
            Workload load, KindState state, @Nullable Duration sinceAsked) {
        /** Whether jobs wait and no worker asks for them, as {@link Explanation} judges it. */
        boolean lacksWorker() {
            boolean asked = sinceAsked != null && sinceAsked.compareTo(Explanation.ASKING) <= 0;
            return load.waiting() > 0 && load.running() == 0 && !asked;
        }
    }

    /**
     * What is pending or has ended lately, with that first which lacks a worker, and then what has waited for longest.
     *
     * @param workers who holds leases
     */
    Html now(View view, WorkersView workers) {
        Comparator<Known> order = Comparator.comparing((Known one) -> !one.lacksWorker())
                .thenComparing(one -> one.load.oldest(), Comparator.reverseOrder())
                .thenComparing(one -> one.load.kind());
        Map<JobKind, List<EndedMinute>> ended = minutes.stream().collect(Collectors.groupingBy(EndedMinute::kind));
        List<Html> rows = known(Stream.concat(workloads.stream().map(Workload::kind), ended.keySet().stream()))
                .sorted(order)
                .map(one -> now(view, one, workers.of(one.load.kind()), new Ended(one.load.kind(), ended, now)))
                .toList();
        List<Word> columns = List.of(
                Word.KIND,
                Word.STATE,
                Word.WAITING,
                Word.OLDEST,
                Word.RUNNING,
                Word.SCHEDULED,
                Word.ENDED_A_MINUTE,
                Word.FAILED,
                Word.KEPT,
                Word.WORKERS,
                Word.LAST_ASKED);
        return view.live(
                "now",
                rows.isEmpty()
                        ? el("p", view.say(Word.NO_KINDS))
                        : Html.all(
                                view.table(Word.NOW, columns, rows),
                                View.note(view.say(Word.COUNTED_TO)),
                                View.note(view.say(Word.ENDED_LATELY))));
    }

    private static Html now(View view, Known one, long workers, Ended ended) {
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
                ended.perMinute(view),
                ended.failures(view),
                ended.kept(),
                view.text().number(workers),
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

    /** The jobs of a kind that ended in the last {@link #MINUTES} whole minutes. Immutable. */
    static final class Ended {
        static final int MINUTES = 30;

        private final long[] ended = new long[MINUTES];
        private final long[] failed = new long[MINUTES];
        private final EndedMinute all;

        /**
         * @param minutes by kind; those before the last {@link #MINUTES} and that of {@code now} are left out
         * @param now on the clock of the store
         */
        Ended(JobKind kind, Map<JobKind, List<EndedMinute>> minutes, Instant now) {
            EndedMinute sum = new EndedMinute(kind, now, 0, 0, 0, 0);
            for (EndedMinute one : minutes.getOrDefault(kind, List.of())) {
                long place =
                        MINUTES - Duration.between(one.minute(), sum.minute()).toMinutes();
                if (place >= 0 && place < MINUTES) {
                    ended[(int) place] += one.ended();
                    failed[(int) place] += one.failed();
                    sum = sum.plus(one);
                }
            }
            all = sum;
        }

        /** How many ended in each minute; the highest bar is the largest number. */
        Html perMinute(View view) {
            if (all.ended() == 0) {
                return Html.all(0);
            }
            String last = view.text().number(ended[MINUTES - 1]);
            long most = LongStream.of(ended).max().orElseThrow();
            String label = view.say(Word.IN_MINUTES).formatted(last, view.text().number(all.ended()));
            return View.chart("", label, bars(i -> height(ended[i], most)), last);
        }

        /** The share of them that failed; the highest bar is all of them. Nothing if none ended. */
        Html failures(View view) {
            if (all.ended() == 0) {
                return Html.NONE;
            }
            boolean none = ended[MINUTES - 1] == 0;
            String last = none ? view.say(Word.NONE_ENDED) : percent(failed[MINUTES - 1], ended[MINUTES - 1]);
            String label = view.say(Word.IN_MINUTES).formatted(last, percent(all.failed(), all.ended()));
            long[] bars = bars(i -> height(failed[i], ended[i]));
            return View.chart(all.failed() == 0 ? "" : "bad", label, bars, none ? "–" : last);
        }

        /** The share that ended by the first eta; empty if none had one. */
        String kept() {
            return all.promised() == 0 ? "" : percent(all.kept(), all.promised());
        }

        private static long[] bars(IntToLongFunction height) {
            return IntStream.range(0, MINUTES).mapToLong(height).toArray();
        }

        /** What is not zero is seen. */
        private static long height(long part, long whole) {
            return part == 0 ? 0 : Math.max(1, Math.round((double) View.CHART * part / whole));
        }

        /** A share, which is 0 or 100 only if it is exactly that. */
        private static String percent(long part, long whole) {
            long rounded = Math.round(100.0 * part / whole);
            return (part == 0 || part == whole ? rounded : Math.min(99, Math.max(1, rounded))) + "\u00a0%";
        }
    }
}
