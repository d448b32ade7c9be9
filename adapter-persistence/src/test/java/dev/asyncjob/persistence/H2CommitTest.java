package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class H2CommitTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void register() {
        HeldFiles.register();
    }

    @AfterEach
    void letWritesPass() {
        HeldFiles.begin().release();
    }

    private JobDatabase open() {
        return JobDatabase.open(
                DatabaseSettings.defaults().withUrl("jdbc:h2:held:" + folder.resolve("jobs")), JobStoreContract.POLICY);
    }

    private record Running<T>(Thread thread, FutureTask<T> task) {
        static <T> Running<T> of(Callable<T> call) {
            FutureTask<T> task = new FutureTask<>(call);
            Thread thread = new Thread(task);
            thread.start();
            return new Running<>(thread, task);
        }

        /** Waits until the thread waits for another one, or has ended. */
        void awaitBlocked() {
            while (thread.getState() == Thread.State.RUNNABLE) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void no_end_is_shown_before_the_file_has_it() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            ClaimedJob job = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            HeldFiles.Hold hold = HeldFiles.begin();
            AtomicBoolean released = new AtomicBoolean();
            Running<?> settling = Running.of(() -> Jobs.settle(store, job, Jobs.DONE));
            hold.awaitWriter();
            Running<Boolean> reading = Running.of(() -> {
                boolean pending = true;
                while (pending) {
                    pending =
                            store.find(Jobs.OWNER, job.job().id()).orElseThrow().job() instanceof AsyncJob.Pending;
                }
                return released.get();
            });

            reading.awaitBlocked();
            released.set(true);
            hold.release();

            assertThat(reading.task.get()).isTrue();
            settling.task.get();
        }
    }

    /** H2 would write the half of a change that another thread has made until then, which a crash cannot roll back. */
    @Test
    void no_change_is_in_progress_while_another_one_is() throws Exception {
        try (JobDatabase database = open();
                Connection first = connect(database);
                Connection second = connect(database)) {
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch end = new CountDownLatch(1);
            AtomicBoolean ended = new AtomicBoolean();
            Running<?> half = Running.of(() -> H2Commit.durably(first, true, () -> {
                begun.countDown();
                awaitQuietly(end);
                ended.set(true);
                return true;
            }));
            begun.await();
            Running<Boolean> other = Running.of(() -> H2Commit.durably(second, true, ended::get));
            other.awaitBlocked();
            JobId unknown = Jobs.newId();
            boolean readable = database.store().find(Jobs.OWNER, unknown).isEmpty();
            end.countDown();

            assertThat(other.task.get()).isTrue();
            assertThat(readable).as("reads do not wait").isTrue();
            half.task.get();
        }
    }

    /** Readers of ended jobs wait in this queue, too. Without an order a change is overtaken in one of three rounds. */
    @Test
    void a_change_that_waits_is_not_overtaken() throws Exception {
        try (JobDatabase database = open();
                Connection first = connect(database);
                Connection second = connect(database)) {
            for (int round = 0; round < 30; round++) {
                assertThat(overtakers(first, second)).isLessThanOrEqualTo(1);
            }
        }
    }

    /** Returns how many changes the first connection makes while one of the second waits. */
    private static int overtakers(Connection first, Connection second) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        AtomicBoolean hadItsTurn = new AtomicBoolean();
        Running<Integer> busy = Running.of(() -> {
            H2Commit.durably(first, true, () -> {
                begun.countDown();
                awaitQuietly(end);
                return true;
            });
            int later = 0;
            while (!hadItsTurn.get()) {
                later += H2Commit.durably(first, true, () -> 1);
            }
            return later;
        });
        begun.await();
        Running<Boolean> waiting = Running.of(() -> H2Commit.durably(second, true, () -> {
            hadItsTurn.set(true);
            return true;
        }));
        while (waiting.thread().getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        end.countDown();
        int later = busy.task().get();
        waiting.task().get();
        return later;
    }

    private static Connection connect(JobDatabase database) throws SQLException {
        return DriverManager.getConnection(database.url(), "sa", "");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A file system that hangs, such as NFS without its server. */
    @Test
    void calls_end_in_their_time_while_a_write_does_not_end_and_count_afterwards() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            ClaimedJob claimed = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            ClaimedJob ended = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            JobId pending = scheduled(store);
            HeldFiles.Hold hold = HeldFiles.begin();
            NewJob job = Jobs.newJob();
            List<Callable<?>> calls = List.of(
                    () -> Jobs.settle(store, ended, Jobs.DONE),
                    () -> store.schedule(job, Jobs.EXPECTED),
                    () -> store.renew(
                            claimed.job().id(), claimed.lease().token(), new LeaseExtension(Jobs.LEASE, null, null)),
                    () -> store.cancel(null, pending),
                    () -> Jobs.claimFrom(store, 1),
                    store::now);
            Running<?> first = Running.of(calls.get(0));
            hold.awaitWriter();
            List<Running<?>> running = new ArrayList<>(List.of(first));
            calls.subList(1, calls.size()).forEach(call -> running.add(Running.of(call)));
            for (Running<?> one : running) {
                assertThatThrownBy(() -> one.task.get(4, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(StoreUnavailable.class);
            }
            assertThat(store.find(Jobs.OWNER, claimed.job().id()))
                    .as("a pending job")
                    .isPresent();
            assertThatThrownBy(() -> store.find(Jobs.OWNER, ended.job().id())).isInstanceOf(StoreUnavailable.class);
            hold.release();

            assertThat(survives(scheduledSoon(store))).isTrue();
            assertThat(Jobs.accepted(Jobs.settle(store, ended, Jobs.DONE)).job().status())
                    .isEqualTo(JobStatus.DONE);
        }
    }

    private static JobId scheduled(JobStore store) {
        NewJob job = Jobs.newJob();
        var unused = store.schedule(job, Jobs.EXPECTED);
        return job.id();
    }

    private static JobId scheduledSoon(JobStore store) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                return scheduled(store);
            } catch (StoreUnavailable e) {
                assertThat(System.nanoTime()).isLessThan(end);
                Thread.onSpinWait();
            }
        }
    }

    /** Returns whether the job would be found if the process ended now. */
    private boolean survives(JobId id) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        Files.copy(folder.resolve("jobs.mv.db"), copy.resolve("jobs.mv.db"), StandardCopyOption.REPLACE_EXISTING);
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl("jdbc:h2:file:" + copy.resolve("jobs"));
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
            return database.store().find(Jobs.OWNER, id).isPresent();
        }
    }

    @Test
    void a_crash_takes_nothing_back_while_the_file_reuses_its_space() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            for (int i = 0; i < 60; i++) {
                scheduled(store);
            }
            store.maintain();
            for (int i = 0; i < 30; i++) {
                JobId id = scheduled(store);

                assertThat(survives(id)).as("job %d", i).isTrue();
            }
        }
    }

    @Test
    void a_full_disk_refuses_changes_and_loses_none_that_was_acknowledged() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            List<JobId> kept = new ArrayList<>();
            HeldFiles.limit(Files.size(folder.resolve("jobs.mv.db")) + 20_000);
            StoreUnavailable refusal = null;
            while (refusal == null) {
                try {
                    kept.add(scheduled(store));
                } catch (StoreUnavailable e) {
                    refusal = e;
                }
            }

            assertThat(refusal).hasRootCauseMessage("the database file cannot be written");
            for (JobId id : kept) {
                assertThat(store.find(Jobs.OWNER, id)).isPresent();
                assertThat(survives(id)).isTrue();
            }
            HeldFiles.limit(Long.MAX_VALUE);
            JobId later = scheduledSoon(store);
            assertThat(survives(later)).isTrue();
        }
    }

    @Test
    void the_file_does_not_grow_with_changes() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            ClaimedJob job = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            LeaseExtension extension = new LeaseExtension(Duration.ofMinutes(1), null, null);
            for (int i = 0; i < 1_000; i++) {
                if (i % 50 == 0) {
                    store.maintain();
                }
                var unused = store.renew(job.job().id(), job.lease().token(), extension);
            }

            assertThat(Files.size(folder.resolve("jobs.mv.db"))).isLessThan(2 << 20);
        }
    }

    /** What is left of a chunk after most of its rows have changed again is rewritten, so that its space is free. */
    @Test
    void the_file_does_not_grow_by_more_than_its_jobs() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            for (int i = 0; i < 300; i++) {
                if (i % 20 == 0) {
                    store.maintain();
                }
                Jobs.settle(store, Jobs.scheduledAndClaimed(store, Jobs.newJob()), Jobs.DONE);
            }

            assertThat(Files.size(folder.resolve("jobs.mv.db"))).isLessThan(1 << 20);
        }
    }
}
