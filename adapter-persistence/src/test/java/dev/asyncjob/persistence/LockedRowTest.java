package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A lock that another transaction holds for long, and a pool in which every connection waits for it. */
final class LockedRowTest {
    private static final int POOL = 3;
    private static final int CALLERS = 12;

    @Test
    void calls_on_h2_end_in_time_and_count_afterwards() throws Exception {
        callsEndInTimeAndCountAfterwards("jdbc:h2:mem:locked");
    }

    @Test
    void calls_on_postgresql_end_in_time_and_count_afterwards() throws Exception {
        callsEndInTimeAndCountAfterwards(PostgresServer.shared().newDatabase());
    }

    private static void callsEndInTimeAndCountAfterwards(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                Connection other = TestDatabase.connect(settings);
                Statement statement = other.createStatement()) {
            JobStore store = database.store();
            ClaimedJob job = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            other.setAutoCommit(false);
            statement.executeUpdate("update asyncjob.work set worker = worker");

            for (Duration took : timesOfUnavailableSettlements(store, job)) {
                assertThat(took).isLessThan(Duration.ofSeconds(3));
            }
            rollback(other);

            assertThat(Jobs.settle(store, job, Jobs.DONE)).isInstanceOf(SettleResult.Accepted.class);
        }
    }

    @Test
    void renewals_on_h2_do_not_wait_for_a_job_that_is_locked() throws Exception {
        renewalsDoNotWaitForALockedJob("jdbc:h2:mem:renewals");
    }

    @Test
    void renewals_on_postgresql_do_not_wait_for_a_job_that_is_locked() throws Exception {
        renewalsDoNotWaitForALockedJob(PostgresServer.shared().newDatabase());
    }

    private static void renewalsDoNotWaitForALockedJob(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                Connection other = TestDatabase.connect(settings);
                Statement statement = other.createStatement()) {
            JobStore store = database.store();
            HeldLease locked = lease(Jobs.scheduledAndClaimed(store, Jobs.newJob()));
            HeldLease free = lease(Jobs.scheduledAndClaimed(store, Jobs.newJob()));
            other.setAutoCommit(false);
            statement.executeUpdate("update asyncjob.work set worker = worker where job_id = '%s'"
                    .formatted(locked.id().value()));

            assertThat(store.renewBatch(Set.of(locked, free), Jobs.LEASE)).containsExactly(free);
            rollback(other);
            assertThat(store.renewBatch(Set.of(locked, free), Jobs.LEASE)).containsExactlyInAnyOrder(locked, free);
        }
    }

    private static HeldLease lease(ClaimedJob job) {
        return new HeldLease(job.job().id(), job.lease().token());
    }

    @Test
    void on_h2_no_caller_waits_for_a_lock_on_a_foreign_job() throws Exception {
        nobodyWaitsForALockOnAnothersJob("jdbc:h2:mem:foreign");
    }

    @Test
    void on_postgresql_no_caller_waits_for_a_lock_on_a_foreign_job() throws Exception {
        nobodyWaitsForALockOnAnothersJob(PostgresServer.shared().newDatabase());
    }

    /** A caller that waits and then gets an error has learnt that the job exists. */
    private static void nobodyWaitsForALockOnAnothersJob(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                Connection other = TestDatabase.connect(settings);
                Statement statement = other.createStatement()) {
            JobStore store = database.store();
            NewJob job = Jobs.newJob();
            Jobs.scheduledAndClaimed(store, job);
            other.setAutoCommit(false);
            statement.executeUpdate("update asyncjob.work set worker = worker");

            assertThat(store.cancel(new Owner("stranger"), job.id())).isInstanceOf(SettleResult.Unknown.class);
            assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(() -> store.cancel(job.owner(), job.id()));
            rollback(other);
            assertThat(store.cancel(job.owner(), job.id())).isInstanceOf(SettleResult.Accepted.class);
        }
    }

    private static void rollback(Connection other) throws SQLException {
        other.rollback();
        other.setAutoCommit(true);
    }

    private static List<Duration> timesOfUnavailableSettlements(JobStore store, ClaimedJob job) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        Callable<Duration> settlement = () -> {
            long start = System.nanoTime();
            assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(() -> Jobs.settle(store, job, Jobs.DONE));
            return Duration.ofNanos(System.nanoTime() - start);
        };
        List<Duration> times = new ArrayList<>();
        for (Future<Duration> time : callers.invokeAll(Collections.nCopies(CALLERS, settlement))) {
            times.add(time.get());
        }
        callers.shutdown();
        return times;
    }
}
