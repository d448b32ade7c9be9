package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.WorkerLoad;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The workers that hold leases, a row for each kind of which they do, in the order of their names.
 *
 * @param loads what they hold, those with the oldest attempts first; one more than {@link #LIMIT} says that more do
 * @param states when a worker last asked for each kind
 * @param now when that was read
 */
record WorkersView(List<WorkerLoad> loads, List<KindState> states, Instant now) {
    /** Rows that are shown at most. */
    static final int LIMIT = 200;

    Html of(View view) {
        if (loads.isEmpty()) {
            return view.live("workers", el("p", view.say(Word.NO_WORKERS)));
        }
        Map<String, Instant> asked = states.stream()
                .flatMap(state -> Optional.ofNullable(state.askedAt()).stream()
                        .map(at -> Map.entry(state.kind().value(), at)))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        List<Html> rows = loads.stream()
                .limit(LIMIT)
                .sorted(Comparator.comparing((WorkerLoad load) -> load.worker().value())
                        .thenComparing(WorkerLoad::kind))
                .map(load -> row(view, load, asked.get(load.kind().value())))
                .toList();
        List<Word> columns =
                List.of(Word.WORKER, Word.KIND, Word.LEASES, Word.OLDEST_CLAIM, Word.NEXT_END, Word.KIND_ASKED);
        return view.live(
                "workers",
                Html.all(
                        view.table(Word.WORKERS, columns, rows),
                        loads.size() > LIMIT ? View.note(view.say(Word.MORE_WORKERS)) : null,
                        View.note(view.say(Word.COUNTED_TO))));
    }

    /** How many workers hold leases of a kind, as far as they are among those that were read. */
    long of(JobKind kind) {
        return loads.stream().filter(load -> load.kind().equals(kind)).count();
    }

    private Html row(View view, WorkerLoad load, @Nullable Instant asked) {
        String kind = load.kind().value();
        return View.row(
                foreign(load.worker()),
                View.link(view.path() + "/jobs?status=PENDING&kind=" + kind, kind),
                view.text().number(load.leases()),
                load.since() == null ? null : Html.all(View.time(load.since()), " (", ago(view, load.since()), ")"),
                View.time(load.until()),
                ago(view, asked));
    }

    private String ago(View view, @Nullable Instant then) {
        return view.ago(then == null ? null : Duration.between(then, now));
    }
}
