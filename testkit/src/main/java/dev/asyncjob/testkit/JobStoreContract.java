package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobStore;

/**
 * The contract of {@link JobStore} as tests: implement this in a test class of your store.
 *
 * <p>The rules never wait and never compare instants from before and after {@link #timePasses}; they allow that the
 * store's clock advances by itself for some seconds.
 *
 * <p>Not promised, and not tested:
 *
 * <ul>
 *   <li>an order among jobs that became due at the same instant;
 *   <li>that a claim finds every due job while other claims are in progress, or since a limit of a kind was set: it may
 *       return fewer, never the same;
 *   <li>that a job is settled only within its lease, or that its handler runs only once;
 *   <li>instants finer than a microsecond;
 *   <li>tokens that keep growing when an id is used again after its retention;
 *   <li>an answer to a repeated outcome once the job was claimed again, or to a repeated release: both are refused.
 * </ul>
 */
public interface JobStoreContract
        extends SchedulingRules,
                IdempotencyRules,
                ReadingRules,
                ClaimingRules,
                LeaseRules,
                LostLeaseRules,
                FirstLeaseRules,
                SettlingRules,
                StatementRules,
                CancellingRules,
                ListingRules,
                BatchRules,
                BacklogRules,
                KeepingRules,
                ErasingRules,
                CallbackRules,
                AttemptRules,
                ExplainingRules,
                EventRules,
                WorkerRules,
                MinuteRules,
                InterventionRules,
                AuditRules,
                RetryRules,
                BulkRules,
                TracingRules {}
