package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
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
}
