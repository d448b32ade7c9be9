package dev.asyncjob.application;

import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Asks how a job goes, and waits for news of it. */
@FunctionalInterface
public interface AwaitJobStatus {
    /**
     * What {@link GetJobStatus} would answer, as soon as that is news.
     *
     * @param job which job, and who asks
     * @param isNews what is waited for; called on a thread that must not be kept
     * @param wait how long at most; when it is over the answer is the job as it stands then
     */
    Waiting awaitStatus(JobKey job, Predicate<JobSnapshot> isNews, Duration wait);

    /**
     * Somebody who waits. Safe for use from any thread.
     *
     * @param answer completed with the job as it stands, with nothing as soon as {@link GetJobStatus} would find none;
     *     exceptionally with {@link dev.asyncjob.application.spi.StoreUnavailable} if the store cannot be reached at
     *     the beginning or at the end
     * @param answerNow ends the wait: the answer is the job as it stands now; running it again does nothing
     */
    record Waiting(CompletionStage<Optional<JobSnapshot>> answer, Runnable answerNow) {}
}
