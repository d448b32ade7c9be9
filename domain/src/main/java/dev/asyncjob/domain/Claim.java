package dev.asyncjob.domain;

import java.time.Duration;
import java.util.Set;

/**
 * A worker's request for jobs.
 *
 * @param worker who asks
 * @param kinds what it can do: 1 to {@value #MAX_KINDS} kinds
 * @param max how many it takes at most, 1 to {@value #MAX_JOBS}
 * @param lease for how long it asks, {@link Lease#MIN} to {@link Lease#MAX}
 */
public record Claim(WorkerId worker, Set<JobKind> kinds, int max, Duration lease) {
    /** Kinds in one claim at most. */
    public static final int MAX_KINDS = 50;

    /** Jobs in one claim at most. */
    public static final int MAX_JOBS = 200;

    /** @throws InvalidValueException if a number is out of range */
    public Claim {
        kinds = Set.copyOf(kinds);
        Rules.range("number of kinds", kinds.size(), 1, MAX_KINDS);
        Rules.range("max", max, 1, MAX_JOBS);
        Lease.length(lease);
    }
}
