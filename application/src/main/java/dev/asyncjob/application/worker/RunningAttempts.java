package dev.asyncjob.application.worker;

import static java.util.Comparator.comparing;

import dev.asyncjob.domain.Outcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The attempts whose leases a worker holds. Safe for use from any thread. */
final class RunningAttempts {
    private static final Logger LOG = System.getLogger(RunningAttempts.class.getName());

    /** After so many failures in a row the store is taken to be unavailable for all attempts. */
    private static final int UNAVAILABLE = 2;

    private final Set<Attempt> attempts = ConcurrentHashMap.newKeySet();

    void add(Attempt attempt) {
        attempts.add(attempt);
    }

    void remove(Attempt attempt) {
        attempts.remove(attempt);
    }

    /**
     * Renews one lease after the other, those last whose renewal failed the last time: a job that is locked must not
     * cost others their leases.
     *
     * @return false if the store was unavailable for any of them
     */
    boolean renewAll(Duration lease) {
        return untilUnavailable(attempts.stream().sorted(comparing(Attempt::renewalFailed)), a -> a.renew(lease));
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
