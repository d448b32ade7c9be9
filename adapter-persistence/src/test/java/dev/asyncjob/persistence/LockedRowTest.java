package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
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
            HeldLease one = lease(Jobs.scheduledAndClaimed(store, Jobs.newJob()));
            HeldLease free = lease(Jobs.scheduledAndClaimed(store, Jobs.newJob()));
            HeldLease another = lease(Jobs.scheduledAndClaimed(store, Jobs.newJob()));
            other.setAutoCommit(false);
            lock(statement, one.id());
            lock(statement, another.id());

            assertThat(store.renewBatch(Set.of(one, free, another), Jobs.LEASE)).containsExactly(free);
            rollback(other);
            assertThat(store.renewBatch(Set.of(one, free, another), Jobs.LEASE))
                    .containsExactlyInAnyOrder(one, free, another);
        }
    }

    private static void lock(Statement statement, JobId id) throws SQLException {
        statement.executeUpdate("update asyncjob.work set worker = worker where job_id = '%s'".formatted(id.value()));
    }

    @Test
    void claims_on_h2_leave_a_locked_job_out() throws Exception {
        claimsLeaveALockedJobOut("jdbc:h2:mem:claims-of-locked");
    }

    @Test
    void claims_on_postgresql_leave_a_locked_job_out() throws Exception {
        claimsLeaveALockedJobOut(PostgresServer.shared().newDatabase());
    }

    private static void claimsLeaveALockedJobOut(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                Connection other = TestDatabase.connect(settings);
                Statement statement = other.createStatement()) {
            JobStore store = database.store();
            JobId locked = scheduled(store, Jobs.newJob());
            JobId free = scheduled(store, Jobs.newJob());
            other.setAutoCommit(false);
            lock(statement, locked);

            assertThat(Jobs.claimFrom(store, 2))
                    .extracting(claimed -> claimed.job().id())
                    .containsExactly(free);
            rollback(other);
            assertThat(Jobs.claimed(store, locked).attempts().made()).isEqualTo(1);
        }
    }

    private static JobId scheduled(JobStore store, NewJob job) {
        return Jobs.accepted(store.schedule(job, Jobs.EXPECTED)).job().id();
    }

    @Test
    void outcomes_on_h2_that_are_reported_together_do_not_wait_for_those_of_another_transaction() throws Exception {
        outcomesDoNotWaitForThoseOfAnotherTransaction("jdbc:h2:mem:outcomes");
    }

    @Test
    void outcomes_on_postgresql_that_are_reported_together_do_not_wait_for_those_of_another_transaction()
            throws Exception {
        outcomesDoNotWaitForThoseOfAnotherTransaction(PostgresServer.shared().newDatabase());
    }

    /** Two batches of the same jobs in opposite orders: if the second waited, each could wait for the other. */
    private static void outcomesDoNotWaitForThoseOfAnotherTransaction(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                Connection other = TestDatabase.connect(settings)) {
            JobStore store = database.store();
            List<OutcomeReport> reports = Stream.generate(() -> Jobs.scheduledAndClaimed(store, Jobs.newJob()))
                    .limit(4)
                    .map(job -> new OutcomeReport(job.job().id(), job.lease().token(), Jobs.DONE))
                    .toList();
            List<OutcomeReport> backward = new ArrayList<>(reports);
            Collections.reverse(backward);
            other.setAutoCommit(false);
            assertThat(database.within(other).settleBatch(reports.subList(1, 3)))
                    .allMatch(Optional::isPresent);

            assertThat(store.settleBatch(backward).stream().map(Optional::isPresent))
                    .containsExactly(true, false, false, true);
            other.commit();
            assertThat(store.settleBatch(backward))
                    .allSatisfy(result -> assertThat(result.orElseThrow()).isInstanceOf(SettleResult.Accepted.class));
        }
    }

    @Test
    void jobs_on_h2_that_are_locked_are_not_failed_for_spent_attempts_and_the_others_are() throws Exception {
        lockedJobsAreNotFailedForSpentAttempts("jdbc:h2:mem:");
    }

    @Test
    void jobs_on_postgresql_that_are_locked_are_not_failed_for_spent_attempts_and_the_others_are() throws Exception {
        lockedJobsAreNotFailedForSpentAttempts(PostgresServer.shared().newDatabase());
    }

    private static void lockedJobsAreNotFailedForSpentAttempts(String url) throws Exception {
        try (TestDatabase database = TestDatabase.at(url);
                Connection other =
                        TestDatabase.connect(DatabaseSettings.defaults().withUrl(database.url()));
                Statement statement = other.createStatement()) {
            JobStore store = database.jobs().store();
            JobId locked = scheduled(store, Jobs.newJob().withMaxAttempts(1));
            JobId free = scheduled(store, Jobs.newJob().withMaxAttempts(1));
            assertThat(Jobs.claimFrom(store, 2)).hasSize(2);
            database.timePasses(Jobs.LEASE.plus(JobStoreContract.TICKS));
            other.setAutoCommit(false);
            lock(statement, locked);

            assertThat(store.failSpent(2)).isEqualTo(1);
            assertThat(store.find(Jobs.OWNER, free).orElseThrow().job().status())
                    .isEqualTo(JobStatus.FAILED);
            rollback(other);
            assertThat(store.failSpent(2)).isEqualTo(1);
        }
    }

    @Test
    void a_job_on_postgresql_that_is_locked_is_not_forgotten_and_the_others_are() throws Exception {
        onlyJobsThatNobodyHasLockedAreForgotten(PostgresServer.shared().newDatabase());
    }

    @Test
    void a_job_on_h2_that_is_locked_is_not_forgotten_and_the_others_are() throws Exception {
        onlyJobsThatNobodyHasLockedAreForgotten("jdbc:h2:mem:forgotten");
    }

    private static void onlyJobsThatNobodyHasLockedAreForgotten(String url) throws Exception {
        try (TestDatabase database = TestDatabase.at(url);
                Connection other =
                        TestDatabase.connect(DatabaseSettings.defaults().withUrl(database.url()));
                Statement statement = other.createStatement()) {
            JobStore store = database.jobs().store();
            JobId locked = scheduled(store, Jobs.newJob());
            JobId free = scheduled(store, Jobs.newJob());
            for (ClaimedJob job : Jobs.claimFrom(store, 2)) {
                Jobs.accepted(Jobs.settle(store, job, Jobs.DONE));
            }
            database.timePasses(JobStoreContract.POLICY.retention().plus(JobStoreContract.TICKS));
            other.setAutoCommit(false);
            statement.executeUpdate("update asyncjob.job set kind = kind where id = '%s'".formatted(locked.value()));

            assertThat(store.forget(2)).isEqualTo(1);
            assertThat(database.query("select id from asyncjob.job"))
                    .containsExactly(locked.value().toString())
                    .doesNotContain(free.value().toString());
            rollback(other);
            assertThat(store.forget(2)).isEqualTo(1);
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

            List<JobStatus> readAtSignal = new ArrayList<>();
            database.signals().subscribe(new JobSignals.PromptListener() {
                @Override
                public void jobChanged(JobId id) {
                    readAtSignal.add(CompletableFuture.supplyAsync(() -> store.find(job.owner(), id)) // outside
                            .join()
                            .orElseThrow()
                            .job()
                            .status());
                }
            });
            assertThat(store.cancel(job.owner(), job.id())).isInstanceOf(SettleResult.Accepted.class);
            assertThat(readAtSignal).as("in its turn after others").containsOnly(JobStatus.FAILED);
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
