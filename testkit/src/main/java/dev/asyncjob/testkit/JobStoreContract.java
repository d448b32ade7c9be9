package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobStore;

/**
 * What every {@link JobStore} keeps, as rules that run: implement this in a test class of your store.
 *
 * <p>The rules never wait and never compare instants from before and after {@link #timePasses}; they allow the store's
 * clock to tick on by itself for some seconds.
 *
 * <p>Not promised, so no rule asks for it:
 *
 * <ul>
 *   <li>an order among jobs that became due at the same instant;
 *   <li>that a claim finds every due job while other claims are under way: it may return fewer, never the same;
 *   <li>that a job is settled only within its lease, or that its handler runs only once;
 *   <li>instants finer than a microsecond;
 *   <li>tokens that go on growing when an id is used again after its retention;
 *   <li>an answer to a repeated outcome once the job was claimed again, or to a repeated release: both are refused.
 * </ul>
 */
public interface JobStoreContract
        extends SchedulingRules,
                IdempotencyRules,
                ReadingRules,
                ClaimingRules,
                LeaseRules,
                SettlingRules,
                CancellingRules,
                ListingRules,
                BatchRules,
                KeepingRules {}
