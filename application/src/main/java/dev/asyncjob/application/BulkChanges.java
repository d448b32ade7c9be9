package dev.asyncjob.application;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Retry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes bulk changes in steps: each a transaction of the store, short enough that other calls wait little for its
 * locks. Safe for use from any thread.
 */
final class BulkChanges {
    /** Jobs in one step at most. */
    static final int STEP = 100;

    /** Parts of a step that is made in parts: two more waits for a lock find the one job of a hundred that is held. */
    private static final int PARTS = 10;

    /** The time that must be left to begin another step. */
    static final Duration RESERVE = Duration.ofSeconds(1);

    private final JobStore store;
    private final Forecasts forecasts;
    private final Execution execution;

    BulkChanges(JobStore store, Forecasts forecasts, Execution execution) {
        this.store = store;
        this.forecasts = forecasts;
        this.execution = execution;
    }

    Bulk.Result change(Bulk bulk, Supplier<JobId> ids, Intervention by) {
        return Deadline.within(execution, Deadline.LIMIT, () -> {
            Bulk.Result result = steps(bulk, ids, by);
            return new Bulk.Result(result.changed(), result.more(), notKept(bulk));
        });
    }

    Bulk.Preview preview(Bulk bulk) {
        return Deadline.within(execution, Deadline.LIMIT, () -> {
            Bulk.Preview found = store.interventions().preview(bulk);
            return new Bulk.Preview(found.matching(), found.more(), found.retried(), notKept(bulk));
        });
    }

    private @Nullable Integer notKept(Bulk bulk) {
        if (bulk.action() != Bulk.Action.RETRY || isLate()) {
            return null;
        }
        try {
            return store.interventions().notKept(bulk);
        } catch (StoreUnavailable e) {
            return null; // the number is a help, and no reason to fail
        }
    }

    private static boolean isLate() {
        return Deadline.left().compareTo(RESERVE) <= 0;
    }

    private Bulk.Result steps(Bulk bulk, Supplier<JobId> ids, Intervention by) {
        Interventions interventions = store.interventions();
        JobFilter.@Nullable Place after = null;
        int changed = 0;
        boolean left = false;
        boolean more = true;
        try {
            do {
                int most = Math.min(STEP, bulk.max() - changed);
                List<Bulk.Candidate> found = interventions.select(bulk, after, most + 1);
                more = found.size() > most;
                List<Bulk.Candidate> jobs = more ? found.subList(0, most) : found;
                Bulk.Step step = step(bulk, jobs, ids, by);
                changed += step.changed();
                left |= step.left() > 0;
                after = jobs.isEmpty() ? after : jobs.get(jobs.size() - 1).place();
            } while (more && changed < bulk.max() && !isLate());
        } catch (StoreUnavailable e) {
            if (changed == 0) {
                throw e;
            }
            return new Bulk.Result(changed, true, null); // what is done is done; the caller repeats the rest
        }
        return new Bulk.Result(changed, more || left, null);
    }

    private Bulk.Step step(Bulk bulk, List<Bulk.Candidate> jobs, Supplier<JobId> ids, Intervention by) {
        List<JobId> selected = jobs.stream().map(one -> one.place().id()).toList();
        if (bulk.action() == Bulk.Action.CANCEL) {
            return cancel(selected, bulk, by);
        }
        Map<JobKind, Duration> expected = jobs.stream()
                .map(Bulk.Candidate::kind)
                .distinct()
                .collect(Collectors.toMap(Function.identity(), forecasts::of));
        List<Retry> retries = selected.stream()
                .map(of -> new Retry(of, ids.get(), null, null))
                .toList();
        return store.interventions().retry(retries, expected, bulk, by);
    }

    /** Cancels jobs; where all of them are left, as one of them may be held, in ten parts, while there is time. */
    private Bulk.Step cancel(List<JobId> jobs, Bulk bulk, Intervention by) {
        Bulk.Step all = store.interventions().cancel(jobs, bulk, by);
        if (all.left() < jobs.size() || jobs.size() < 2) {
            return all;
        }
        int size = (jobs.size() + PARTS - 1) / PARTS;
        int changed = 0;
        int left = 0;
        for (int from = 0; from < jobs.size(); from += size) {
            List<JobId> part = jobs.subList(from, Math.min(from + size, jobs.size()));
            Bulk.Step step = isLate() ? new Bulk.Step(0, part.size()) : cancel(part, bulk, by);
            changed += step.changed();
            left += step.left();
        }
        return new Bulk.Step(changed, left);
    }
}
