package dev.asyncjob.application.worker;

import static java.util.Comparator.comparing;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The attempts whose leases a worker holds. Safe for use from any thread. */
final class RunningAttempts {
    private static final Logger LOG = System.getLogger(RunningAttempts.class.getName());

    /** Leases that are renewed together. */
    private static final int BATCH = Claim.MAX_JOBS;

    /** After so many failures in a row the store is taken to be unavailable for all attempts. */
    private static final int UNAVAILABLE = 2;

    private final WorkQueue jobs;
    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();

    RunningAttempts(WorkQueue jobs) {
        this.jobs = jobs;
    }

    void add(Attempt attempt) {
        attempts.add(attempt);
    }

    void remove(Attempt attempt) {
        attempts.remove(attempt);
    }

    boolean contains(Attempt attempt) {
        return attempts.contains(attempt);
    }

    int size() {
        return attempts.size();
    }

    /**
     * Renews the leases, as many together as one call of the store takes, and those that are left one after the other,
     * last those whose renewal failed the last time: a job that is locked must not cost others their leases.
     *
     * @return how many leases were to be renewed; -1 if the store was unavailable for any of them
     */
    int renewAll(WorkerSettings settings) {
        Duration lease = settings.lease();
        Duration old = lease.minus(settings.renewEvery()).dividedBy(2); // renewed again before its end
        List<Attempt> all = attempts.stream().filter(a -> a.needsLease(old)).toList();
        List<Attempt> left = new ArrayList<>();
        for (int from = 0; from < all.size(); from += BATCH) {
            left.addAll(renewTogether(all.subList(from, Math.min(from + BATCH, all.size())), lease));
        }
        Stream<Attempt> alone = left.stream().sorted(comparing(Attempt::renewalFailed));
        Predicate<Attempt> renewal = a -> !attempts.contains(a) || !a.needsLease(old) || a.renew(lease);
        return untilUnavailable(alone, renewal) ? all.size() : -1;
    }

    /** Returns the attempts whose leases were not renewed. */
    private List<Attempt> renewTogether(List<Attempt> some, Duration lease) {
        try {
            Set<HeldLease> renewed =
                    jobs.renewAll(some.stream().map(Attempt::lease).collect(Collectors.toSet()), lease);
            some.stream().filter(one -> renewed.contains(one.lease())).forEach(Attempt::renewed);
            return some.stream().filter(one -> !renewed.contains(one.lease())).toList();
        } catch (Throwable e) { // an Error, too: the leases must be renewed
            LOG.log(Level.WARNING, "cannot renew leases together: {0}", e.toString());
            return some;
        }
    }

    /** Interrupts handlers that have run for longer than {@code limit}, and reports the outcome of their attempts. */
    void timeOut(Duration limit, BiConsumer<Attempt, Outcome> report) {
        attempts.forEach(attempt -> attempt.timeOut(limit).ifPresent(outcome -> report.accept(attempt, outcome)));
    }

    /** Releases the attempts that have waited for a handler thread for at least {@code wait}. */
    void releaseQueued(Duration wait) {
        release(attempts.stream()
                .filter(attempt -> attempt.abandonIfQueued(wait))
                .toList());
    }

    /** Interrupts all handlers and releases their jobs. */
    void releaseAll() {
        release(List.copyOf(attempts));
    }

    /** Interrupts the handlers of these attempts, all of them before the store is called, and releases their jobs. */
    void release(List<Attempt> some) {
        some.forEach(Attempt::abandon);
        some.forEach(attempts::remove);
        if (!untilUnavailable(some.stream(), Attempt::release)) {
            LOG.log(Level.WARNING, "the store is unavailable, leases will run out");
        }
    }

    /** Makes one call after the other; false if the store was unavailable for any of them. */
    private static boolean untilUnavailable(Stream<Attempt> some, Predicate<Attempt> call) {
        boolean available = true;
        int inARow = 0;
        for (Attempt attempt : some.toList()) {
            inARow = call.test(attempt) ? 0 : inARow + 1;
            available &= inARow == 0;
            if (inARow == UNAVAILABLE) {
                break;
            }
        }
        return available;
    }
}
