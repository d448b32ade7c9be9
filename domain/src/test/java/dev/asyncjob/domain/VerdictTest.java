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
        assertThat(name(new Scheduling.KeyReused())).isEqualTo("key reused");
    }

    @Test
    void a_renewal_folds_to_the_one_case_that_holds() {
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("w"), NOW);

        assertThat(name(new Renewal.Renewed(lease))).isEqualTo("renewed " + NOW);
        assertThat(name(new Renewal.Lost(SNAPSHOT))).isEqualTo("lost " + NOW);
        assertThat(name(new Renewal.Unknown())).isEqualTo("unknown");
    }

    private static String name(Settlement settlement) {
        return settlement.fold(job -> "accepted " + job.asOf(), job -> "refused " + job.asOf(), () -> "unknown");
    }

    private static String name(Renewal renewal) {
        return renewal.fold(lease -> "renewed " + lease.expiresAt(), job -> "lost " + job.asOf(), () -> "unknown");
    }

    private static String name(Scheduling scheduling) {
        return scheduling.fold(job -> "accepted " + job.asOf(), () -> "contradiction", () -> "key reused");
    }
}
