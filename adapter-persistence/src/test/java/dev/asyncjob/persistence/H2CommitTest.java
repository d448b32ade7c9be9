package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
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
    void no_change_is_in_progress_while_another_one_is_written() throws Exception {
        try (JobDatabase database = open()) {
            JobStore store = database.store();
            JobId known = scheduled(store);
            NewJob second = Jobs.newJob();
            HeldFiles.Hold hold = HeldFiles.begin();
            Running<?> first = Running.of(() -> scheduled(store));
            hold.awaitWriter();
            Running<?> later = Running.of(() -> store.schedule(second, Jobs.EXPECTED));
            later.awaitBlocked();

            boolean begun = store.find(Jobs.OWNER, second.id()).isPresent();
            boolean readable = store.find(Jobs.OWNER, known).isPresent();
            hold.release();
            first.task.get();
            later.task.get();

            assertThat(begun).isFalse();
            assertThat(readable).as("reads do not wait").isTrue();
            assertThat(store.find(Jobs.OWNER, second.id())).isPresent();
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
}
