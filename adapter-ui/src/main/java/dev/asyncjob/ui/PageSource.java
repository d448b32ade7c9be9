package dev.asyncjob.ui;

import dev.asyncjob.application.BulkAdministration;
import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.JobReader;
import dev.asyncjob.application.KindAdministration;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.WorkerLoad;
import dev.asyncjob.domain.Workload;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * What the page shows, and what it does.
 *
 * @param jobs reads jobs of all owners
 * @param producer cancels jobs
 * @param bulks cancels and retries many jobs
 * @param ids makes the ids of new jobs
 * @param kinds says what is set for kinds, changes that, and has the audit of it
 * @param workloads the pending jobs of each kind, as {@link dev.asyncjob.application.spi.JobStore#workloads} counts
 * @param workers what workers hold, as {@link dev.asyncjob.application.spi.JobStore#workers} lists
 * @param minutes how many jobs ended, as {@link dev.asyncjob.application.spi.JobStore#endedMinutes} counts
 * @param now the clock of the store
 * @param clientView the body of the answer that the owner of a job gets to a read of its status
 */
public record PageSource(
        JobReader jobs,
        JobProducer producer,
        BulkAdministration bulks,
        Supplier<JobId> ids,
        KindAdministration kinds,
        Supplier<List<Workload>> workloads,
        IntFunction<List<WorkerLoad>> workers,
        IntFunction<List<EndedMinute>> minutes,
        Supplier<Instant> now,
        Function<JobSnapshot, byte[]> clientView) {}
