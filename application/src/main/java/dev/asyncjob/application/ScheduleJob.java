package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleResult;
import java.util.List;

/** Hands in work. */
@FunctionalInterface
public interface ScheduleJob {
    /**
     * Keeps the job; when this returns, it survives a crash.
     *
     * @param job what is to be done; sending the same again changes nothing and is answered like the first time
     * @throws StoreUnavailable if the store cannot be reached; the job may or may not be kept, so send it again
     */
    ScheduleResult of(NewJob job);

    /**
     * Keeps many jobs, far faster than one by one; one that is refused spoils no other.
     *
     * @return the verdicts, in the same order
     * @throws StoreUnavailable if the store cannot be reached; any of the jobs may or may not be kept, so send them
     *     again
     */
    default List<ScheduleResult> all(List<NewJob> jobs) {
        return jobs.stream().map(this::of).toList();
    }
}
