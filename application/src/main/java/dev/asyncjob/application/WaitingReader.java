package dev.asyncjob.application;

import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** A reader of {@link StatusWatch} that waits for one job. */
final class WaitingReader {
    final JobKey job;
    final CompletableFuture<Optional<JobSnapshot>> answer = new CompletableFuture<>();
    private final Predicate<JobSnapshot> endsWait;

    /** When its wait ends at the latest, on the clock of the execution: a timer may be lost for want of memory. */
    final long end;

    /** Stops the timer of the wait. Set before the loop knows the reader. */
    Runnable stopTimer = () -> {};

    /** Whether it takes the job as it stands. */
    volatile boolean ended;

    /** Whether no query for it has succeeded yet: it then fails with the store instead of waiting for it. */
    private boolean isNew = true;

    WaitingReader(JobKey job, Predicate<JobSnapshot> endsWait, long end) {
        this.job = job;
        this.end = end;
        this.endsWait = endsWait;
    }

    boolean accepts(Optional<JobSnapshot> found) {
        isNew = false;
        return ended || found.map(endsWait::test).orElse(true);
    }

    boolean failsWithStore() {
        return isNew || ended;
    }
}
