package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final JobSnapshot SNAPSHOT = new JobSnapshot(PENDING, NOW);

    @Test
    void a_settlement_folds_to_the_one_case_that_holds() {
        assertThat(name(new Settlement.Accepted(SNAPSHOT))).isEqualTo("accepted " + NOW);
        assertThat(name(new Settlement.Refused(SNAPSHOT))).isEqualTo("refused " + NOW);
        assertThat(name(new Settlement.Unknown())).isEqualTo("unknown");
    }

    @Test
    void a_scheduling_folds_to_the_one_case_that_holds() {
        assertThat(name(new Scheduling.Accepted(SNAPSHOT))).isEqualTo("accepted " + NOW);
        assertThat(name(new Scheduling.Contradiction())).isEqualTo("contradiction");
    }

    private static String name(Settlement settlement) {
        return settlement.fold(job -> "accepted " + job.asOf(), job -> "refused " + job.asOf(), () -> "unknown");
    }

    private static String name(Scheduling scheduling) {
        return scheduling.fold(job -> "accepted " + job.asOf(), () -> "contradiction");
    }
}
