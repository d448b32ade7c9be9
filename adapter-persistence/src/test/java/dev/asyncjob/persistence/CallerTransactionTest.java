package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Business data and jobs commit or roll back together. */
class CallerTransactionTest {
    @Nested
    class OnH2InMemory extends Rules {
        @Override
        String url() {
            return "jdbc:h2:mem:";
        }
    }

    @Nested
    class OnAnH2File extends Rules {
        @TempDir
        private Path folder;

        @Override
        String url() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }
    }

    @Nested
    class OnPostgres extends Rules {
        @Override
        String url() {
            return PostgresServer.shared().newDatabase();
        }
    }

    abstract static class Rules {
        @AutoClose
        private TestDatabase database;

        @AutoClose
        private Connection connection;

        abstract String url();

        @BeforeEach
        void open() throws SQLException {
            database = TestDatabase.at(url());
            connection = connect();
            try (Statement statement = connection.createStatement()) {
                statement.execute("create table invoice (id varchar primary key)");
            }
            connection.setAutoCommit(false);
        }

        /** Connects as an embedder does, with the URL of the open database. */
        private Connection connect() throws SQLException {
            String user = database.jobs().dialect().equals("h2") ? "sa" : "postgres";
            return DriverManager.getConnection(database.jobs().url(), user, "");
        }

        private void invoice(String id) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.execute("insert into invoice values ('" + id + "')");
            }
        }

        private List<String> invoices() {
            return database.query("select id from invoice");
        }

        private JobStore store() {
            return database.jobs().store();
        }

        @Test
        void a_rollback_leaves_neither_business_data_nor_job() throws SQLException {
            NewJob job = newJob();
            invoice("7");
            accepted(database.jobs().within(connection).schedule(job, EXPECTED));

            connection.rollback();

            assertThat(store().find(OWNER, job.id())).isEmpty();
            assertThat(database.query("select job_id from asyncjob.work")).isEmpty();
            assertThat(invoices()).isEmpty();
        }

        @Test
        void a_commit_leaves_both_exactly_once() throws SQLException {
            NewJob job = newJob();
            invoice("7");
            JobStore within = database.jobs().within(connection);
            accepted(within.schedule(job, EXPECTED));
            accepted(within.schedule(job, EXPECTED));
            assertThat(within.find(OWNER, job.id())).isPresent();
            assertThat(store().find(OWNER, job.id())).isEmpty();

            connection.commit();

            assertThat(store().find(OWNER, job.id())).isPresent();
            assertThat(database.query("select id from asyncjob.job")).hasSize(1);
            assertThat(invoices()).containsExactly("7");
        }

        @Test
        void a_job_is_born_leased_with_business_data_or_not_at_all() throws SQLException {
            NewJob job = newJob().leasedTo(Jobs.WORKER, Duration.ofMinutes(1)).withReference(new Reference("7"));
            database.jobs().within(connection).schedule(job, EXPECTED);
            connection.rollback();
            assertThat(store().find(OWNER, job.id())).isEmpty();

            invoice("7");
            ScheduleResult born = database.jobs().within(connection).schedule(job, EXPECTED);
            Lease lease = born.firstLease().orElseThrow();
            connection.commit();

            assertThat(store().schedule(job, EXPECTED)).isEqualTo(born);
            assertThat(store().claim(Jobs.claim(10, Jobs.KIND))).isEmpty();
            accepted(store().settle(new OutcomeReport(job.id(), lease.token(), Jobs.DONE)));
            assertThat(invoices()).containsExactly("7");
        }

        @Test
        void an_outcome_is_rolled_back_or_committed_with_what_the_worker_wrote() throws SQLException {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);
            invoice("7");
            accepted(settle(database.jobs().within(connection), claimed, Jobs.DONE));
            connection.rollback();
            assertThat(store().find(OWNER, job.id()).orElseThrow().job().status())
                    .isEqualTo(JobStatus.PENDING);
            assertThat(invoices()).isEmpty();

            invoice("8");
            accepted(settle(database.jobs().within(connection), claimed, Jobs.DONE));
            connection.commit();

            assertThat(store().find(OWNER, job.id()).orElseThrow().job().status())
                    .isEqualTo(JobStatus.DONE);
            assertThat(invoices()).containsExactly("8");
        }

        @Test
        void the_delivery_of_a_callback_is_rolled_back_or_committed_with_the_end() throws SQLException {
            ClaimedJob done = scheduledAndClaimed(store(), newJob().withCallback());
            NewJob cancelled = newJob().withCallback();
            accepted(store().schedule(cancelled, EXPECTED));
            accepted(settle(database.jobs().within(connection), done, Jobs.DONE));
            accepted(database.jobs().within(connection).cancel(OWNER, cancelled.id()));
            connection.rollback();
            assertThat(store().claim(Jobs.claim(10, Callback.KIND))).isEmpty();

            accepted(settle(database.jobs().within(connection), done, Jobs.DONE));
            accepted(database.jobs().within(connection).cancel(OWNER, cancelled.id()));
            assertThat(store().claim(Jobs.claim(10, Callback.KIND))).isEmpty();
            connection.commit();

            assertThat(store().claim(Jobs.claim(10, Callback.KIND)))
                    .extracting(ClaimedJob::reference)
                    .containsExactlyInAnyOrder(
                            new Reference(done.job().id().toString()),
                            new Reference(cancelled.id().toString()));
        }

        @Test
        void a_job_ends_although_the_id_of_its_delivery_is_taken() throws SQLException {
            NewJob job = newJob().withCallback();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);
            stopClock();
            JobStore within = database.jobs().within(connection);
            JobId taken = new Callback(OWNER, job.id(), JobStatus.DONE, within.now(), null).deliveryId();
            accepted(within.schedule(NewJob.of(taken, OWNER, Jobs.OTHER_KIND, Jobs.LINKS), EXPECTED));
            JobSnapshot end = accepted(settle(within, claimed, Jobs.DONE));
            connection.commit();

            assertThat(new Callback(OWNER, job.id(), JobStatus.DONE, ((AsyncJob.Ended) end.job()).endedAt(), null)
                            .deliveryId())
                    .isEqualTo(taken);
            assertThat(store().find(OWNER, job.id()).orElseThrow().job()).isEqualTo(end.job());
            assertThat(store().find(OWNER, taken).orElseThrow().job().kind()).isEqualTo(Jobs.OTHER_KIND);
            assertThat(database.query("select job_id from asyncjob.work")).containsExactly(taken.toString());
        }

        /** Stops the database's clock for the rest of the transaction; that of H2 stands still in each. */
        private void stopClock() throws SQLException {
            if (database.jobs().dialect().equals("postgresql")) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("create schema stopped");
                    statement.execute("create function stopped.statement_timestamp() returns timestamptz language sql"
                            + " as 'select pg_catalog.now()'");
                    statement.execute("set local search_path = stopped, pg_catalog");
                }
            }
        }

        @Test
        void a_cancellation_and_a_renewal_join_the_transaction() throws SQLException {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(store(), job);
            JobStore within = database.jobs().within(connection);
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> within.renew(
                            job.id(),
                            claimed.lease().token(),
                            new LeaseExtension(Jobs.LEASE, store().now().minusSeconds(1), null)));
            accepted(within.cancel(OWNER, job.id()));
            connection.rollback();

            accepted(settle(store(), claimed, Jobs.DONE));
        }

        @Test
        void a_connection_in_auto_commit_mode_is_refused() throws SQLException {
            connection.setAutoCommit(true);

            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> database.jobs().within(connection))
                    .withMessageContaining("setAutoCommit(false)");
        }

        @Test
        void a_closed_connection_is_refused() throws SQLException {
            connection.close();

            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> database.jobs().within(connection));
        }

        @Test
        void a_handle_signals_workers_after_its_commit_and_not_before() throws Exception {
            BlockingQueue<JobKind> received = new LinkedBlockingQueue<>();
            database.jobs().signals().subscribe(new JobSignals.Listener() {
                @Override
                public void workAvailable(JobKind kind) {
                    received.add(kind);
                }
            });
            try (Handle handle = Jdbi.create(this::connect).open()) {
                handle.begin();
                accepted(database.jobs().within(handle).schedule(newJob(Jobs.OTHER_KIND), EXPECTED));
                handle.rollback();

                NewJob job = newJob();
                handle.useTransaction(transaction -> {
                    transaction.execute("insert into invoice values ('9')");
                    accepted(database.jobs().within(transaction).schedule(job, EXPECTED));
                    assertThat(received).isEmpty();
                });
                assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(KIND);
                assertThat(received).isEmpty();
                assertThat(store().find(OWNER, job.id())).isPresent();
                assertThat(database.query("select id from asyncjob.job")).hasSize(1);

                ClaimedJob claimed = Jobs.claimed(store(), job.id());
                handle.useTransaction(transaction -> {
                    JobStore within = database.jobs().within(transaction);
                    assertThat(within.release(job.id(), claimed.lease().token()))
                            .isTrue();
                    assertThat(received).isEmpty();
                });
                assertThat(received.poll(30, TimeUnit.SECONDS)).isEqualTo(KIND);
            }
        }

        @Test
        void a_handle_tells_observers_after_its_commit_and_not_of_what_it_rolls_back() throws Exception {
            List<JobKind> told = new CopyOnWriteArrayList<>();
            database.jobs().store().observe(new JobObserver() {
                @Override
                public void accepted(JobKind kind) {
                    told.add(kind);
                }
            });
            try (Handle handle = Jdbi.create(this::connect).open()) {
                handle.begin();
                accepted(database.jobs().within(handle).schedule(newJob(), EXPECTED));
                handle.rollback();
                handle.begin();
                accepted(database.jobs().within(handle).schedule(newJob(Jobs.OTHER_KIND), EXPECTED));
                assertThat(told).isEmpty();
                handle.commit();
                assertThat(told).containsExactly(Jobs.OTHER_KIND);
            }
        }

        @Test
        void a_handle_without_transaction_is_refused() throws SQLException {
            try (Handle handle = Jdbi.create(this::connect).open()) {
                assertThatExceptionOfType(IllegalStateException.class)
                        .isThrownBy(() -> database.jobs().within(handle));
            }
        }
    }
}
