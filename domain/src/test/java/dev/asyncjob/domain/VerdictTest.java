package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final JobSnapshot SNAPSHOT = new JobSnapshot(PENDING, NOW);

    @Test
    void a_settlement_folds_to_its_own_case() {
        assertThat(name(new SettleResult.Accepted(SNAPSHOT))).isEqualTo("accepted " + NOW);
        assertThat(name(new SettleResult.Refused(SNAPSHOT))).isEqualTo("refused " + NOW);
        assertThat(name(new SettleResult.Unknown())).isEqualTo("unknown");
    }

    @Test
    void a_scheduling_folds_to_its_own_case() {
        assertThat(name(new ScheduleResult.Accepted(SNAPSHOT))).isEqualTo("accepted " + NOW);
        assertThat(name(new ScheduleResult.Contradiction())).isEqualTo("contradiction");
        assertThat(name(new ScheduleResult.KeyReused())).isEqualTo("key reused");
        assertThat(name(new ScheduleResult.OverQuota(Backlog.UNLIMITED, true, Duration.ofSeconds(1))))
                .isEqualTo("over quota PT1S");
    }

    @Test
    void a_renewal_folds_to_its_own_case() {
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("w"), NOW);

        assertThat(name(new RenewResult.Renewed(lease))).isEqualTo("renewed " + NOW);
        assertThat(name(new RenewResult.Lost(SNAPSHOT))).isEqualTo("lost " + NOW);
        assertThat(name(new RenewResult.Unknown())).isEqualTo("unknown");
    }

    private static String name(SettleResult settlement) {
        return settlement.fold(job -> "accepted " + job.asOf(), job -> "refused " + job.asOf(), () -> "unknown");
    }

    private static String name(RenewResult renewal) {
        return renewal.fold(lease -> "renewed " + lease.expiresAt(), job -> "lost " + job.asOf(), () -> "unknown");
    }

    private static String name(ScheduleResult scheduling) {
        return scheduling.fold(
                job -> "accepted " + job.asOf(),
                () -> "contradiction",
                () -> "key reused",
                refusal -> "over quota " + refusal.retryAfter());
    }

    @Test
    void only_an_accepted_job_may_have_a_lease() {
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("w"), NOW);
        assertThat(new ScheduleResult.Accepted(SNAPSHOT, lease).firstLease()).contains(lease);
        assertThat(new ScheduleResult.Accepted(SNAPSHOT).firstLease()).isEmpty();
        assertThat(new ScheduleResult.KeyReused().firstLease()).isEmpty();
    }
}
