package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.Batcher;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Reads the status of jobs in batches: reads that arrive while one query is in flight form the next query. Each read is
 * as fresh as a query of its own. Safe for use from any thread.
 */
final class ReadCoalescer {
    /** Jobs in one query at most. */
    static final int MAX_TOGETHER = 500;

    private final GetJobStatus getJobStatus;
    private final Batcher<JobKey, Optional<JobSnapshot>> batcher =
            new Batcher<>(MAX_TOGETHER, this::readTogether, this::readAlone);

    ReadCoalescer(GetJobStatus getJobStatus) {
        this.getJobStatus = getJobStatus;
    }

    /**
     * The job as it stands; completed exceptionally if it cannot be read.
     *
     * @param executor runs the query and completes the answer
     */
    CompletableFuture<Optional<JobSnapshot>> of(JobKey job, Executor executor) {
        return batcher.answerTo(job, executor);
    }

    private List<Optional<Optional<JobSnapshot>>> readTogether(List<JobKey> jobs) {
        Map<JobKey, JobSnapshot> found = new HashMap<>();
        for (JobSnapshot job : getJobStatus.statuses(new HashSet<>(jobs))) {
            found.put(new JobKey(job.job().owner(), job.job().id()), job);
        }
        return jobs.stream()
                .map(job -> Optional.of(Optional.ofNullable(found.get(job))))
                .toList();
    }

    private Optional<JobSnapshot> readAlone(JobKey job) {
        return getJobStatus.statuses(Set.of(job)).stream().findFirst();
    }
}
