package dev.asyncjob.application.worker;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The suspect that a worker has in hand, if any: a job of which its process may die. It begins when the worker has
 * nothing else in hand. Used by one thread.
 */
final class SuspectInHand {
    private final RunningAttempts attempts;
    private @Nullable Attempt suspect;
    private boolean begun;

    SuspectInHand(RunningAttempts attempts) {
        this.attempts = attempts;
    }

    void add(Attempt attempt) {
        suspect = attempt;
        begun = false;
        attempts.add(attempt);
    }

    /** Whether there is one: neither settled, lost nor released. */
    boolean exists() {
        return suspect != null && attempts.contains(suspect);
    }

    /** Returns the suspect once, when it can run alone. */
    Optional<Attempt> toBegin() {
        if (begun || attempts.size() > 1) {
            return Optional.empty();
        }
        begun = true;
        return Optional.ofNullable(suspect);
    }
}
