package dev.asyncjob.domain;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A worker's request for jobs.
 *
 * @param worker the worker that claims
 * @param kinds the kinds of jobs that it takes: 1 to {@value #MAX_KINDS} kinds
 * @param max how many jobs it takes at most, 1 to {@value #MAX_JOBS}
 * @param lease how long the leases hold, {@link Lease#MIN} to {@link Lease#MAX}
 * @param id identifies repetitions of this claim, so that a lost response loses no jobs; null for a claim without
 *     repetitions
 */
public record Claim(
        WorkerId worker,
        Set<JobKind> kinds,
        int max,
        Duration lease,
        @Nullable ClaimId id) {
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

    /**
     * A claim without an id: its repetition is another claim.
     *
     * @throws InvalidValueException if a number is out of range
     */
    public Claim(WorkerId worker, Set<JobKind> kinds, int max, Duration lease) {
        this(worker, kinds, max, lease, null);
    }

    /** The same claim with an id: repeated, it returns the same jobs while their leases hold. */
    public Claim withId(ClaimId claimId) {
        return new Claim(worker, kinds, max, lease, claimId);
    }
}
