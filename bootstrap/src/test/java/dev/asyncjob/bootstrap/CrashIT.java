package dev.asyncjob.bootstrap;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JavaProcess;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that kills its process whenever it runs, and the jobs that run beside it. */
@Tag("soak")
class CrashIT {
    private static final WorkPolicy POLICY = WorkPolicy.defaults().withMaxAttempts(3);
    private static final String POISON = "\"poison\"";
    private static final int JOBS = 9;
    private static final int MOST_LIVES = 8;

    private static JobDatabase open(String url) {
        return JobDatabase.open(DatabaseSettings.defaults().withUrl(url), POLICY);
    }

    private static boolean isPending(JobStore store) {
        return !store.list(new JobFilter(JobStatus.PENDING, null, null, null, null, null, JOBS))
                .jobs()
                .isEmpty();
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    /** Works until no job is pending, unless it dies before. */
    static final class Worker {
        private Worker() {}

        public static void main(String[] arguments) {
            JobDatabase database = open(arguments[0]);
            JobHandler handler = job -> {
                pause(Duration.ofMillis(200));
                if (job.payload().json().equals(POISON)) {
                    Runtime.getRuntime().halt(137);
                }
                pause(Duration.ofMillis(200));
                return Jobs.DONE;
            };
            new Housekeeper(database.store()).start();
            new JobWorker(
                            JobUseCases.over(database.store(), POLICY),
                            database.signals(),
                            Map.of(KIND, handler),
                            WorkerSettings.named("w").withLease(Duration.ofSeconds(1)))
                    .start();
            while (isPending(database.store())) {
                pause(Duration.ofMillis(50));
            }
            System.exit(0);
        }
    }

    @Test
    void only_the_job_that_kills_its_process_fails(@TempDir Path folder) {
        String url = "jdbc:h2:file:" + folder.resolve("jobs");
        NewJob poison = Jobs.newJob().withPayload(new Payload(POISON));
        List<NewJob> all = IntStream.range(0, JOBS)
                .mapToObj(i -> i == JOBS / 2 ? poison : Jobs.newJob())
                .toList();
        try (JobDatabase database = open(url)) {
            all.forEach(job -> Jobs.accepted(database.store().schedule(job, Jobs.EXPECTED)));
        }
        int lives = 1;
        while (live(url) != 0 && lives < MOST_LIVES) {
            lives++;
        }

        assertThat(lives).isEqualTo(POLICY.maxAttempts() + 1);
        try (JobDatabase database = open(url)) {
            assertThat(all)
                    .allSatisfy(job -> assertThat(database.store()
                                    .find(OWNER, job.id())
                                    .orElseThrow()
                                    .job()
                                    .status())
                            .isEqualTo(job.equals(poison) ? JobStatus.FAILED : JobStatus.DONE));
        }
    }

    private static int live(String url) {
        try (JavaProcess process = JavaProcess.of(Worker.class, url).start()) {
            return process.waitFor(Duration.ofMinutes(1));
        }
    }
}
