package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.testkit.JobStoreContract;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A transaction that inserted jobs and stays open: only callers who repeat those jobs wait. */
@Timeout(30)
final class HeldKeyTest {
    @Nested
    class OnH2 extends Rules {
        @Override
        String newUrl() {
            return "jdbc:h2:mem:held";
        }
    }

    @Nested
    class OnPostgres extends Rules {
        @Override
        String newUrl() {
            return PostgresServer.shared().newDatabase();
        }

        @Test
        void batches_of_the_same_jobs_in_opposite_orders_never_wait_for_each_other() throws Exception {
            for (Function<Integer, NewJob> form :
                    List.<Function<Integer, NewJob>>of(i -> newJob(), i -> withKey("key-" + i))) {
                List<NewJob> forward = IntStream.range(0, 9)
                        .mapToObj(form::apply)
                        .sorted(Comparator.comparing(job -> job.id().value()))
                        .toList();
                List<NewJob> backward = new ArrayList<>(forward);
                Collections.reverse(backward);
                held(forward.get(4));

                Future<Long> one = callers.submit(() -> insertedInATransaction(forward));
                Future<Long> another = callers.submit(() -> insertedInATransaction(backward));
                while (waiting() < 2 && !one.isDone() && !another.isDone()) {
                    Thread.onSpinWait();
                }
                other.rollback();

                assertThat(List.of(one.get(), another.get())).containsExactlyInAnyOrder(9L, 0L);
            }
        }

        /** Schedules jobs in a transaction of its own, which waits for locks as long as it must. */
        private long insertedInATransaction(List<NewJob> jobs) throws SQLException {
            try (Connection own = TestDatabase.connect(settings());
                    Statement statement = own.createStatement()) {
                own.setAutoCommit(false);
                statement.execute("set lock_timeout = 30000");
                long inserted = database
                        .within(own)
                        .scheduleBatch(jobs.stream()
                                .map(job -> new ScheduleCommand(job, EXPECTED))
                                .toList())
                        .stream()
                        .filter(Optional::isPresent)
                        .count();
                own.commit();
                return inserted;
            }
        }

        /** Returns how many transactions wait for others. */
        private int waiting() throws SQLException {
            try (Connection own = TestDatabase.connect(settings());
                    Statement statement = own.createStatement();
                    ResultSet rs = statement.executeQuery("select count(*) from pg_stat_activity"
                            + " where datname = current_database() and wait_event_type = 'Lock'")) {
                rs.next();
                return rs.getInt(1);
            }
        }
    }

    abstract static class Rules {
        private static final int POOL = 3;
        private static final int HELD = 40;
        private static final int OTHERS = 60;

        @AutoClose("shutdownNow")
        final ExecutorService callers = Executors.newFixedThreadPool(HELD + OTHERS);

        @AutoClose
        JobDatabase database;

        @AutoClose
        Connection other;

        private JobUseCases jobs;

        private final String url = newUrl();

        abstract String newUrl();

        DatabaseSettings settings() {
            return DatabaseSettings.defaults().withUrl(url).withPoolSize(POOL);
        }

        @BeforeEach
        void open() throws Exception {
            database = JobDatabase.open(settings(), JobStoreContract.POLICY);
            jobs = JobUseCases.over(database.store(), JobStoreContract.POLICY);
            other = TestDatabase.connect(settings());
            other.setAutoCommit(false);
        }

        @AfterEach
        void rollback() throws Exception {
            other.rollback();
        }

        NewJob held(NewJob job) {
            accepted(database.within(other).schedule(job, EXPECTED));
            return job;
        }

        static NewJob withKey(String key) {
            return newJob().withIdempotencyKey(IdempotencyKey.of(OWNER, key, "request"));
        }

        /** Schedules a held job; returns false if it is still held when the time is up. */
        private boolean repeat(NewJob job) {
            try {
                return jobs.schedule(job) instanceof ScheduleResult.Accepted;
            } catch (StoreUnavailable e) { // the job is locked, or on a busy machine its turn came too late
                return false;
            }
        }

        @Test
        void only_callers_who_repeat_held_jobs_wait() throws Exception {
            List<NewJob> held = new ArrayList<>();
            for (int i = 0; i < HELD; i++) {
                held.add(held(i % 2 == 0 ? newJob() : withKey("key-" + i)));
            }
            List<Future<Boolean>> repetitions = new ArrayList<>();
            for (NewJob job : held) {
                repetitions.add(callers.submit(() -> repeat(job)));
            }
            List<Future<ScheduleResult>> others = new ArrayList<>();
            for (int i = 0; i < OTHERS; i++) {
                others.add(callers.submit(() -> jobs.schedule(newJob())));
            }

            for (Future<ScheduleResult> job : others) {
                assertThat(job.get()).isInstanceOf(ScheduleResult.Accepted.class);
            }
            other.commit();
            for (Future<Boolean> repetition : repetitions) {
                repetition.get();
            }
            for (NewJob job : held) {
                assertThat(jobs.schedule(job)).isInstanceOf(ScheduleResult.Accepted.class);
            }
        }

        @Test
        void a_batch_leaves_a_held_job_out_while_a_call_waits_for_it() throws Exception {
            NewJob held = held(withKey("key"));
            Future<Boolean> repetition = callers.submit(() -> repeat(held));
            List<Boolean> scheduled = List.of(false, false);
            while (!scheduled.get(1)) { // empty as a whole until a call has found the lock
                scheduled = database
                        .store()
                        .scheduleBatch(List.of(
                                new ScheduleCommand(withKey("key"), EXPECTED), new ScheduleCommand(newJob(), EXPECTED)))
                        .stream()
                        .map(Optional::isPresent)
                        .toList();
            }

            assertThat(scheduled).containsExactly(false, true);
            other.commit();
            assertThat(repetition.get()).isTrue();
        }
    }
}
