package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An interrupt during a call affects only the interrupted thread. */
final class H2InterruptTest {
    private static final int CALLS = 300;

    @Test
    void interrupted_threads_do_not_close_the_store_for_others(@TempDir Path folder) throws InterruptedException {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl("jdbc:h2:file:" + folder.resolve("jobs"));
        List<NewJob> kept = new ArrayList<>();
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
            List<Thread> victims = Stream.generate(() -> victim(database.store()))
                    .limit(4)
                    .peek(Thread::start)
                    .toList();
            SplittableRandom random = new SplittableRandom(7);
            while (victims.stream().anyMatch(Thread::isAlive)) {
                victims.get(random.nextInt(victims.size())).interrupt();
                NewJob job = Jobs.newJob();
                Jobs.accepted(database.store().schedule(job, Jobs.EXPECTED));
                kept.add(job);
            }
            for (Thread victim : victims) {
                victim.join();
            }
        }

        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
            assertThat(kept)
                    .isNotEmpty()
                    .allSatisfy(job -> assertThat(database.store().find(Jobs.OWNER, job.id()))
                            .isPresent());
        }
    }

    private static Thread victim(JobStore store) {
        AtomicInteger calls = new AtomicInteger();
        return new Thread(() -> {
            while (calls.incrementAndGet() <= CALLS) {
                try {
                    store.schedule(Jobs.newJob(), Jobs.EXPECTED);
                } catch (StoreUnavailable e) {
                    // it was interrupted while it waited for a connection
                }
                Thread.interrupted();
            }
        });
    }
}
