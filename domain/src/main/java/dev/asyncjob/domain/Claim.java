package dev.asyncjob.domain;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A worker's request for jobs.
 *
 * @param worker who asks
 * @param kinds what it can do: 1 to {@value #MAX_KINDS} kinds
 * @param max how many it takes at most, 1 to {@value #MAX_JOBS}
 * @param lease for how long it asks, {@link Lease#MIN} to {@link Lease#MAX}
 * @param id what makes a repetition of this claim known, so that a lost answer loses nothing; null if nothing does
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
     * A claim whose repetition is a claim of its own.
     *
     * @throws InvalidValueException if a number is out of range
     */
    public Claim(WorkerId worker, Set<JobKind> kinds, int max, Duration lease) {
        this(worker, kinds, max, lease, null);
    }

    /** The same, known by an id: sent again, it gives the same jobs while their leases live. */
    public Claim withId(ClaimId claimId) {
        return new Claim(worker, kinds, max, lease, claimId);
    }
}
