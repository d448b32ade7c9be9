package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.JobStoreContract;
import dev.asyncjob.application.spi.Jobs;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Contract section 3, promise 3: what was acknowledged survives kill -9, again and again on one file.
 *
 * <p>The system property {@code kill.rounds} says how often.
 */
class H2SurvivesKillTest {
    private static final int MAX_LINES = 400;

    @TempDir
    private Path folder;

    @Test
    void every_acknowledged_job_and_outcome_is_found_after_each_kill() throws IOException {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        String url = "jdbc:h2:file:" + folder.resolve("jobs");
        List<String> acknowledged = new ArrayList<>();
        int rounds = Integer.getInteger("kill.rounds", 5);
        for (int round = 1; round <= rounds; round++) {
            acknowledged.addAll(workUntilKilled(url, 1 + random.nextInt(MAX_LINES)));
            try (JobDatabase database = JobDatabase.open(DatabaseSettings.of(url), JobStoreContract.POLICY)) {
                for (String line : acknowledged) {
                    assertThat(isKept(database.store(), line))
                            .as("round %d of seed %d: %s", round, seed, line)
                            .isTrue();
                }
            }
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(rounds);
    }

    private static List<String> workUntilKilled(String url, int lines) throws IOException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        url)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> read = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                read.add(line);
                if (read.size() == lines) {
                    child.toHandle().destroyForcibly(); // what it wrote until it died is read to the end
                }
            }
        }
        child.onExit().join();
        assertThat(read).as("the child must live until it is killed").hasSizeGreaterThanOrEqualTo(lines);
        return read;
    }

    private static boolean isKept(JobStore store, String line) {
        JobId id = JobId.parse(line.substring(2));
        JobSnapshot found = store.find(Jobs.OWNER, id).orElse(null);
        return found != null && (line.startsWith("s ") || found.job().status() == JobStatus.DONE);
    }

    /** Schedules and completes jobs and says so, line by line, once each is acknowledged, until it is killed. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            JobStore store = JobDatabase.open(DatabaseSettings.of(arguments[0]), JobStoreContract.POLICY)
                    .store();
            while (true) {
                NewJob job = Jobs.newJob();
                store.schedule(job, Jobs.EXPECTED);
                say("s " + job.id());
                for (ClaimedJob claimed : store.claim(Jobs.claim(1, Jobs.KIND))) {
                    store.settle(claimed.job().id(), claimed.lease().token(), Outcome.completed(Jobs.RESULT));
                    say("d " + claimed.job().id());
                }
            }
        }

        private static void say(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
