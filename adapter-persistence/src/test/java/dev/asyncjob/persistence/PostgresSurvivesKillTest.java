package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.testkit.JobStoreContract;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Accepted means kept (contract section 3, promise 3): what a node had acknowledged is in the database when the
 * database, and in every second round the node too, is killed.
 */
@Tag("soak")
class PostgresSurvivesKillTest {
    private static final int ROUNDS = Integer.getInteger("kill.rounds", 2);
    private static final long SEED = Long.getLong("kill.seed", System.nanoTime());

    @Test
    void every_acknowledged_job_is_found_after_kill_9() {
        System.out.println("PostgresSurvivesKillTest -Dkill.rounds=" + ROUNDS + " -Dkill.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        try (PostgresServer postgres = PostgresServer.startDurable()) {
            String url = postgres.url("postgres");
            for (int round = 1; round <= ROUNDS; round++) {
                Map<JobId, JobStatus> acknowledged =
                        acknowledgedBeforeKill(postgres, random.nextInt(20, 400), round % 2 == 0);
                postgres.restart();
                try (JobDatabase reopened =
                        JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY)) {
                    assertThat(acknowledged)
                            .as("round %d", round)
                            .allSatisfy((id, status) -> assertThat(H2SurvivesKillTest.status(reopened, id))
                                    .as("%s acknowledged as %s", id, status)
                                    .isIn(Optional.of(status), Optional.of(JobStatus.DONE)));
                }
            }
        }
    }

    private static Map<JobId, JobStatus> acknowledgedBeforeKill(PostgresServer postgres, int lines, boolean node) {
        Map<JobId, JobStatus> acknowledged = new HashMap<>();
        try (JavaProcess child = JavaProcess.of(H2SurvivesKillTest.Child.class, postgres.url("postgres"))
                .start()) {
            for (int i = 0; i < lines; i++) {
                H2SurvivesKillTest.note(String.valueOf(child.nextLine()), acknowledged);
            }
            if (node) {
                child.kill();
            }
            postgres.killFirst(false);
            child.kill();
            child.remainingLines().forEach(line -> H2SurvivesKillTest.note(line, acknowledged));
        }
        return acknowledged;
    }
}
