package dev.asyncjob.domain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
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
 * @param ready how many of the jobs begin at once, 0 to {@code max}; the others wait for a thread, so they may be lost
 *     before they have begun
 */
public record Claim(
        WorkerId worker,
        Set<JobKind> kinds,
        int max,
        Duration lease,
        @Nullable ClaimId id,
        int ready) {
    /** Kinds in one claim at most. */
    public static final int MAX_KINDS = 50;

    /** Jobs in one claim at most. */
    public static final int MAX_JOBS = 200;

    /** Bytes of payload in one claim at most, unless one job alone has more. A store may count characters instead. */
    public static final int MAX_PAYLOAD = 4 << 20;

    /** @throws InvalidValueException if a number is out of range */
    public Claim {
        kinds = Set.copyOf(kinds);
        Rules.range("number of kinds", kinds.size(), 1, MAX_KINDS);
        Rules.range("max", max, 1, MAX_JOBS);
        Rules.range("ready", ready, 0, max);
        Lease.length(lease);
    }

    /**
     * A claim whose jobs all begin at once.
     *
     * @throws InvalidValueException if a number is out of range
     */
    public Claim(WorkerId worker, Set<JobKind> kinds, int max, Duration lease, @Nullable ClaimId id) {
        this(worker, kinds, max, lease, id, max);
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
        return new Claim(worker, kinds, max, lease, claimId, ready);
    }

    /** The same claim with only so many jobs that begin at once. */
    public Claim withReady(int jobs) {
        return new Claim(worker, kinds, max, lease, id, jobs);
    }

    /**
     * A job that is due.
     *
     * @param attemptsLeft attempts left before this claim
     * @param suspect whether this is its last attempt after one that ended with its lease: its worker may have died of
     *     it
     * @param payload the size of its payload
     */
    public record Candidate(int attemptsLeft, boolean suspect, long payload) {}

    /**
     * Chooses the jobs to take: a suspect alone, no more payload than {@link #MAX_PAYLOAD}, and no last attempt that
     * would wait for a thread, but always the first unless it would wait.
     *
     * @param due in their order, {@code max} at most
     */
    public <J> List<J> choose(List<J> due, Function<? super J, Candidate> candidate) {
        List<J> chosen = new ArrayList<>();
        long payload = 0;
        boolean suspects = false;
        for (int i = 0; i < due.size(); i++) {
            Candidate one = candidate.apply(due.get(i));
            payload += one.payload();
            suspects |= one.suspect();
            boolean fits = i == 0 || (!suspects && payload <= MAX_PAYLOAD);
            if (fits && (i < ready || one.attemptsLeft() > 1)) {
                chosen.add(due.get(i));
            }
        }
        return chosen;
    }
}
