package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Accepted means kept (contract section 3, promise 3): what a killed process had acknowledged is in the file. */
final class H2SurvivesKillTest {
    private static final int ROUNDS = Integer.getInteger("kill.rounds", 2);
    private static final long SEED = Long.getLong("kill.seed", System.nanoTime());

    /** Schedules jobs without end and settles every third; prints each change after the store has acknowledged it. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            JobStore store = JobDatabase.open(
                            DatabaseSettings.defaults().withUrl(arguments[0]), JobStoreContract.POLICY)
                    .store();
            for (int n = 0; ; n++) {
                NewJob job = Jobs.newJob();
                store.schedule(job, Jobs.EXPECTED);
                report(job.id(), JobStatus.PENDING);
                if (n % 3 == 0) {
                    ClaimedJob claimed = Jobs.claimFrom(store, 1).get(0);
                    Jobs.accepted(Jobs.settle(store, claimed, Jobs.DONE));
                    report(claimed.job().id(), JobStatus.DONE);
                }
            }
        }

        private static void report(JobId id, JobStatus status) {
            System.out.println(id + " " + status);
        }
    }

    @Test
    void every_acknowledged_job_is_found_after_kill_9(@TempDir Path folder) throws IOException {
        System.out.println("H2SurvivesKillTest -Dkill.rounds=" + ROUNDS + " -Dkill.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int round = 1; round <= ROUNDS; round++) {
            String url = "jdbc:h2:file:" + folder.resolve("round" + round) + System.getProperty("kill.url", "");
            Map<JobId, JobStatus> acknowledged = acknowledgedBeforeKill(url, random.nextInt(20, 400));
            try (JobDatabase reopened =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY)) {
                assertThat(acknowledged)
                        .as("round %d", round)
                        .allSatisfy((id, status) -> assertThat(status(reopened, id))
                                .as("%s acknowledged as %s", id, status)
                                .isIn(Optional.of(status), Optional.of(JobStatus.DONE)));
            }
        }
    }

    static Optional<JobStatus> status(JobDatabase database, JobId id) {
        return database.store().find(Jobs.OWNER, id).map(JobSnapshot::job).map(job -> job.status());
    }

    private static Map<JobId, JobStatus> acknowledgedBeforeKill(String url, int lines) throws IOException {
        Map<JobId, JobStatus> acknowledged = new HashMap<>();
        try (JavaProcess child = JavaProcess.of(Child.class, url).start()) {
            for (int i = 0; i < lines; i++) {
                note(String.valueOf(child.nextLine()), acknowledged);
            }
            child.kill();
            child.remainingLines().forEach(line -> note(line, acknowledged));
        }
        return acknowledged;
    }

    static void note(String line, Map<JobId, JobStatus> acknowledged) {
        String[] words = line.split(" ", 2);
        if (words.length == 2 && words[1].matches("PENDING|DONE")) { // the last line may be cut short
            acknowledged.put(JobId.parse(words[0]), JobStatus.valueOf(words[1]));
        }
    }
}
