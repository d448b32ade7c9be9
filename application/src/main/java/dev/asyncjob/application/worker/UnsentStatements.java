package dev.asyncjob.application.worker;

import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.domain.Statements;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the handler of one attempt has stated and no renewal has passed on yet. Safe for use from any thread. */
final class UnsentStatements {
    private final Execution execution;
    private Statement unsent = Statement.NONE;

    /** When something was last taken, on the clock of the execution; null if nothing was. */
    private @Nullable Long takenAt;

    UnsentStatements(Execution execution) {
        this.execution = execution;
    }

    synchronized void add(Statement next) {
        unsent = unsent.then(next);
    }

    /** Whether anything was ever added. */
    synchronized boolean hasBeenAdded() {
        return takenAt != null || !unsent.isNone();
    }

    /** How long it is to wait, so that one a second is passed on at most; empty if there is nothing. */
    synchronized Optional<Duration> dueIn() {
        if (unsent.isNone()) {
            return Optional.empty();
        }
        return Optional.of(takenAt == null ? Duration.ZERO : execution.until(takenAt + Statements.PACE.toNanos()));
    }

    /** Takes all of it, to be passed on. */
    synchronized Statement take() {
        Statement taken = unsent;
        unsent = Statement.NONE;
        takenAt = taken.isNone() ? takenAt : Long.valueOf(execution.nanoTime());
        return taken;
    }

    /** Takes back what could not be passed on. */
    synchronized void putBack(Statement taken) {
        unsent = taken.then(unsent);
    }
}
