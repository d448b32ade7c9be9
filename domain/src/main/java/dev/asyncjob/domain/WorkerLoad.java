package dev.asyncjob.domain;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of one kind that a worker holds.
 *
 * @param worker the worker
 * @param kind the kind
 * @param leases how many it holds, 1 or more; leases that ran out do not count
 * @param since when the first of their attempts began; null if that of none is known
 * @param until when the first of the leases ends, unless the worker renews it
 */
public record WorkerLoad(
        WorkerId worker,
        JobKind kind,
        long leases,
        @Nullable Instant since,
        Instant until) {
    /** Leases of all workers that are counted at most. */
    public static final int MAX_LEASES = 20_000;

    /** Those with the oldest attempts first, and before them those whose attempts are not known. */
    public static final Comparator<WorkerLoad> OLDEST_FIRST =
            Comparator.comparing(WorkerLoad::since, Comparator.nullsFirst(Comparator.<Instant>naturalOrder()));
}
