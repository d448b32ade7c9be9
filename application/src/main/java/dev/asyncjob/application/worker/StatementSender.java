package dev.asyncjob.application.worker;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.domain.Statements;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Passes on what handlers state of their work, with a renewal of the lease, once a second for each job at most. Its
 * thread begins with the first statement. Safe for use from any thread.
 */
final class StatementSender {
    private static final Logger LOG = System.getLogger(StatementSender.class.getName());

    /** After so many failures the store is taken to be unavailable for the other attempts of a round, too. */
    private static final int UNAVAILABLE = 2;

    private final Duration lease;
    private final BackgroundLoop loop;
    private final Set<Attempt> unsent = ConcurrentHashMap.newKeySet();
    private boolean started;
    private boolean stopped;

    /** @param lease how long a lease holds after a renewal */
    StatementSender(Duration lease, Execution execution) {
        this.lease = lease;
        this.loop = execution.loop(
                "asyncjob-state", this::sendDue, e -> LOG.log(Level.ERROR, "cannot pass statements on", e));
    }

    /** Passes on, soon and in another thread, what the handler of this attempt has stated; never throws. */
    void add(Attempt attempt) {
        try {
            unsent.add(attempt);
            start();
            loop.signal();
        } catch (Throwable e) { // no thread: it is passed on when the handler has ended
            LOG.log(Level.WARNING, "cannot pass on a statement about job {0} now: {1}", attempt.id(), e.toString());
        }
    }

    private synchronized void start() {
        if (!started && !stopped) {
            loop.start();
            started = true;
        }
    }

    /** Passes on what is left of attempts, in the caller's thread, before their outcomes are settled. */
    void sendRest(Stream<Attempt> ended) {
        int failures = 0;
        for (Attempt attempt : ended.filter(Attempt::hasStated).toList()) {
            failures = failures < UNAVAILABLE && !attempt.passOn(lease) ? failures + 1 : failures;
        }
    }

    private Duration sendDue() {
        Duration pause = BackgroundLoop.UNTIL_SIGNALLED;
        int failures = 0;
        for (Attempt attempt : List.copyOf(unsent)) {
            unsent.remove(attempt); // before its statement is taken: a later one adds it again
            Duration due = attempt.statementDueIn().orElse(null);
            if (due != null && due.compareTo(Duration.ZERO) > 0) {
                unsent.add(attempt);
                pause = due.compareTo(pause) < 0 ? due : pause;
            } else if (due != null && (failures == UNAVAILABLE || !attempt.passOn(lease))) {
                unsent.add(attempt);
                failures = Math.min(failures + 1, UNAVAILABLE);
                pause = Statements.PACE.compareTo(pause) < 0 ? Statements.PACE : pause;
            }
        }
        return pause;
    }

    /** Passes nothing more on by itself. */
    synchronized void close() {
        stopped = true;
        loop.stop(Duration.ZERO);
    }
}
