package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import java.util.function.Supplier;

/** Cancels and retries many jobs with one intervention. Implementations are safe for use from any thread. */
public interface BulkAdministration {
    /**
     * How many jobs {@code bulk} would change now; changes nothing.
     *
     * @throws StoreUnavailable if the store cannot be reached, or does not find the jobs in time
     */
    Bulk.Preview preview(Bulk bulk);

    /**
     * Changes the jobs in small transactions, each with what it adds to the one entry of the intervention in the audit,
     * for as long as one call of the store may take. Repeated, it goes on with those that still match; no job is
     * retried twice by such calls, also if they come at the same time.
     *
     * @param ids makes the ids of new jobs
     * @throws StoreUnavailable if the store cannot be reached, or does not find the jobs in time, before a job was
     *     changed as far as is known; the audit has what was
     */
    Bulk.Result change(Bulk bulk, Supplier<JobId> ids, Intervention by);
}
