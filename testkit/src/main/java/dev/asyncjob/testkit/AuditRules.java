package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.InterventionRules.operator;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.SettleResult;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The audit of interventions. A part of {@link JobStoreContract}. */
interface AuditRules extends StoreUnderTest {
    private Interventions hands() {
        return store().interventions();
    }

    @Test
    default void rule_242_every_intervention_is_in_the_audit_the_newest_first() {
        hands().pause(KIND, "no paper", operator());
        timePasses(Duration.ofSeconds(10));
        hands().pause(KIND, "again", operator());
        timePasses(Duration.ofSeconds(10));
        hands().resume(KIND, operator());
        timePasses(Duration.ofSeconds(10));
        hands().limit(OTHER_KIND, 12, operator());
        timePasses(Duration.ofSeconds(10));
        Intervention last = operator();
        hands().limit(OTHER_KIND, null, last);

        AuditEntry.Page page = otherNode().interventions().audit(null, 3);
        assertThat(page.entries())
                .extracting(AuditRules::line)
                .containsExactly(
                        "UNLIMIT " + OTHER_KIND + " null 1",
                        "LIMIT " + OTHER_KIND + " 12 1",
                        "RESUME " + KIND + " null 1");
        assertThat(page.entries().get(0).by()).isEqualTo(last);
        assertThat(page.entries().get(0).at()).isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
        AuditEntry.Page next = hands().audit(page.next().orElseThrow(), 3);
        assertThat(next.entries())
                .extracting(AuditRules::line)
                .containsExactly("PAUSE " + KIND + " again 0", "PAUSE " + KIND + " no paper 1");
        assertThat(next.next()).isEmpty();
    }

    private static String line(AuditEntry entry) {
        return entry.action() + " " + entry.subject() + " " + entry.detail() + " " + entry.count();
    }

    @Test
    default void rule_243_an_operator_who_cancels_a_job_is_in_the_audit_unless_it_is_its_owner_or_had_ended() {
        NewJob job = newJob();
        NewJob own = newJob();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().schedule(own, EXPECTED));

        accepted(hands().cancel(job.id(), operator()));
        accepted(hands().cancel(job.id(), operator()));
        accepted(hands().cancel(own.id(), new Intervention(UUID.randomUUID(), OWNER, "r")));
        assertThat(hands().cancel(Jobs.newId(), operator())).isInstanceOf(SettleResult.Unknown.class);

        assertThat(failureOf(read(job)).message()).isEqualTo("cancelled");
        assertThat(failureOf(read(own)).message()).isEqualTo("cancelled");
        assertThat(hands().audit(null, 9).entries())
                .extracting(AuditRules::line)
                .containsExactly("CANCEL " + job.id() + " null 1");
    }

    @Test
    default void rule_244_all_that_is_erased_in_one_intervention_is_one_entry() {
        schedule(3);
        claimFrom(store(), 3).forEach(job -> accepted(settle(store(), job, Jobs.DONE)));
        Intervention by = operator();

        assertThat(hands().forget(OWNER, store().now(), 2, by)).isEqualTo(2);
        assertThat(hands().forget(OWNER, store().now(), 2, by)).isEqualTo(1);
        assertThat(hands().forget(OWNER, store().now(), 2, by)).isZero();

        assertThat(hands().audit(null, 9).entries())
                .extracting(AuditRules::line)
                .containsExactly("ERASE " + OWNER + " null 3");
    }

    @Test
    default void rule_245_entries_of_the_audit_are_forgotten_after_their_retention() {
        hands().pause(KIND, null, operator());
        hands().resume(KIND, operator());
        timePasses(POLICY.auditRetention().minus(TICKS));
        assertThat(hands().forgetAudit(9)).isZero();
        hands().pause(KIND, null, operator());
        timePasses(TICKS.plus(TICKS));

        assertThat(hands().forgetAudit(1)).isEqualTo(1);
        assertThat(hands().forgetAudit(9)).isEqualTo(1);
        assertThat(hands().forgetAudit(9)).isZero();
        assertThat(hands().audit(null, 9).entries())
                .extracting(AuditRules::line)
                .containsExactly("PAUSE " + KIND + " null 1");
    }
}
