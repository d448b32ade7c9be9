package dev.asyncjob.application;

import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Reads the status of a job, and waits for a change of it. Implementations are safe for use from any thread. */
@FunctionalInterface
public interface AwaitJobStatus {
    /**
     * Reads a job as {@link GetJobStatus} does, as soon as the job is as the caller wants it.
     *
     * @param job which job, and the owner that reads it
     * @param endsWait whether the job ends the wait; called on a shared thread, so it must not block
     * @param wait how long at most; after that the answer is the job as it then stands
     */
    Waiting awaitStatus(JobKey job, Predicate<JobSnapshot> endsWait, Duration wait);

    /**
     * A read that waits. Safe for use from any thread.
     *
     * @param answer completed with the job as it stands, or empty as soon as {@link GetJobStatus} would find none;
     *     completed exceptionally with {@link dev.asyncjob.application.spi.StoreUnavailable} if the store cannot be
     *     reached at the beginning or at the end of the wait
     * @param answerNow ends the wait: the answer is the job as it stands now; a second run does nothing
     */
    record Waiting(CompletionStage<Optional<JobSnapshot>> answer, Runnable answerNow) {}
}
