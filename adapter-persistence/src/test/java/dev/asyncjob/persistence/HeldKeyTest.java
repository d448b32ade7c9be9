package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.testkit.JobStoreContract;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A transaction that inserted jobs and stays open: only callers who repeat those jobs wait. */
final class HeldKeyTest {
    @Nested
    class OnH2 extends Rules {
        @Override
        String url() {
            return "jdbc:h2:mem:held";
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
        private static final int POOL = 3;
        private static final int HELD = 40;
        private static final int OTHERS = 60;

        @AutoClose("shutdownNow")
        private final ExecutorService callers = Executors.newFixedThreadPool(HELD + OTHERS);

        @AutoClose
        private JobDatabase database;

        @AutoClose
        private Connection other;

        private JobUseCases jobs;

        abstract String url();

        @BeforeEach
        void open() throws Exception {
            DatabaseSettings settings =
                    DatabaseSettings.defaults().withUrl(url()).withPoolSize(POOL);
            database = JobDatabase.open(settings, JobStoreContract.POLICY);
            jobs = JobUseCases.over(database.store(), JobStoreContract.POLICY);
            other = TestDatabase.connect(settings);
            other.setAutoCommit(false);
        }

        @AfterEach
        void rollback() throws Exception {
            other.rollback();
        }

        private NewJob held(NewJob job) {
            accepted(database.within(other).schedule(job, EXPECTED));
            return job;
        }

        private static NewJob withKey(String key) {
            return newJob().withIdempotencyKey(IdempotencyKey.of(OWNER, key, "request"));
        }

        /** Schedules a held job; returns false if it is still held when the time is up. */
        private boolean repeat(NewJob job) {
            try {
                return jobs.schedule(job) instanceof ScheduleResult.Accepted;
            } catch (JobLocked e) {
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
