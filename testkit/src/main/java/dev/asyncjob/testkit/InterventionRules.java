package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.NewJob;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Pauses and limits of kinds. A part of {@link JobStoreContract}. */
interface InterventionRules extends StoreUnderTest {
    /** A new intervention of {@link Jobs#OTHER_OWNER}. */
    static Intervention operator() {
        return new Intervention(UUID.randomUUID(), OTHER_OWNER, "request-7");
    }

    private Interventions hands() {
        return store().interventions();
    }

    private Explanation explained(JobId id) {
        return Explanation.of(store().facts(null, id).orElseThrow());
    }

    @Test
    default void rule_232_no_node_claims_jobs_of_a_paused_kind_until_it_is_resumed() {
        schedule(2);
        accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));
        assertThat(claimFrom(otherNode(), 1)).hasSize(1);
        hands().pause(KIND, "no paper", operator());

        for (var node : List.of(store(), otherNode())) {
            assertThat(claimFrom(node, 1)).isEmpty();
            assertThat(node.claim(repeatable(1))).isEmpty();
        }
        assertThat(store().claim(claim(5, KIND, OTHER_KIND)))
                .singleElement()
                .satisfies(job -> assertThat(job.job().kind()).isEqualTo(OTHER_KIND));

        otherNode().interventions().resume(KIND, operator());
        assertThat(claimFrom(store(), 5)).hasSize(1);
    }

    @Test
    default void rule_233_a_pause_keeps_who_began_it_when_and_why() {
        KindState first = hands().pause(KIND, "no paper", operator());
        timePasses(Duration.ofMinutes(1));

        KindState again = otherNode()
                .interventions()
                .pause(KIND, "another reason", new Intervention(UUID.randomUUID(), OWNER, "r"));

        KindState.Pause pause = Objects.requireNonNull(again.pause());
        assertThat(pause.by()).isEqualTo(OTHER_OWNER);
        assertThat(pause.reason()).isEqualTo("no paper");
        assertThat(Duration.between(pause.since(), store().now())).isGreaterThanOrEqualTo(Duration.ofMinutes(1));
        assertThat(first.kind()).isEqualTo(KIND);
        assertThat(first.limit()).isNull();
        assertThat(otherNode().interventions().kinds()).containsExactly(again);
        assertThat(hands().resume(KIND, operator()).pause()).isNull();
        assertThat(hands().resume(OTHER_KIND, operator())).isEqualTo(KindState.of(OTHER_KIND));
        assertThat(hands().pause(KIND, null, operator()).pause())
                .satisfies(next -> assertThat(next.reason()).isNull());
    }

    @Test
    default void rule_234_jobs_that_workers_have_go_on_while_their_kind_is_paused_and_new_ones_are_scheduled() {
        ClaimedJob claimed = scheduledAndClaimed(store(), newJob());
        ClaimedJob released = scheduledAndClaimed(store(), newJob());
        hands().pause(KIND, null, operator());

        renew(claimed, LEASE);
        accepted(settle(store(), claimed, Jobs.DONE));
        release(released);
        NewJob leased = newJob().leasedTo(WORKER, LEASE);
        assertThat(accepted(store().schedule(leased, EXPECTED)).job().id()).isEqualTo(leased.id());
        schedule(1);
        assertThat(claimFrom(store(), 5)).isEmpty();
    }

    @Test
    default void rule_235_a_pause_explains_why_jobs_wait_that_no_worker_has() {
        NewJob held = newJob();
        scheduledAndClaimed(store(), held);
        NewJob waiting = newJob();
        Instant later = store().now().plus(LEASE).truncatedTo(ChronoUnit.MILLIS);
        NewJob planned = newJob().notBefore(later);
        accepted(store().schedule(waiting, EXPECTED));
        accepted(store().schedule(planned, EXPECTED));
        KindState state = hands().pause(KIND, "no paper", operator());
        KindState.Pause pause = Objects.requireNonNull(state.pause());

        assertThat(explained(waiting.id()))
                .isEqualTo(new Explanation.Paused(KIND, pause, new Explanation.Waiting(null, null)));
        assertThat(explained(planned.id()))
                .isEqualTo(new Explanation.Paused(KIND, pause, new Explanation.Planned(later)));
        assertThat(explained(held.id())).isInstanceOf(Explanation.Running.class);
    }

    @Test
    default void rule_236_a_pause_and_a_limit_are_kept_though_no_worker_asks() {
        hands().pause(KIND, null, operator());
        hands().limit(OTHER_KIND, 7, operator());
        timePasses(Duration.ofDays(100));
        JobKind asked = new JobKind("z" + Jobs.newId()); // not even in another test, so that it is written at once
        assertThat(store().claim(claim(1, asked))).isEmpty();
        store().maintain();

        Map<JobKind, KindState> kinds = otherNode().interventions().kinds().stream() // also of other tests
                .collect(Collectors.toMap(KindState::kind, state -> state));
        assertThat(kinds.get(KIND)).extracting(KindState::pause).isNotNull();
        assertThat(kinds.get(OTHER_KIND)).extracting(KindState::limit).isEqualTo(7);
        assertThat(Objects.requireNonNull(kinds.get(asked)).askedAt())
                .isCloseTo(store().now(), within(A_MOMENT.toMillis(), ChronoUnit.MILLIS));
    }

    @Test
    default void rule_237_workloads_tell_which_kinds_are_paused_also_without_jobs() {
        schedule(1);
        hands().pause(OTHER_KIND, null, operator());
        assertThat(store().workloads(100))
                .extracting(one -> one.kind() + " " + one.waiting() + " " + one.paused())
                .containsExactlyInAnyOrder(KIND + " 1 false", OTHER_KIND + " 0 true");

        hands().pause(KIND, null, operator());
        hands().resume(OTHER_KIND, operator());
        assertThat(otherNode().workloads(100))
                .extracting(one -> one.kind() + " " + one.waiting() + " " + one.paused())
                .containsExactly(KIND + " 1 true");
    }

    @Test
    default void rule_238_no_more_jobs_of_a_kind_are_leased_than_its_limit() {
        schedule(8);
        assertThat(claimFrom(store(), 1)).hasSize(1);
        assertThat(hands().limit(KIND, 3, operator()).limit()).isEqualTo(3);

        List<ClaimedJob> claimed = claimFrom(otherNode(), 5);
        assertThat(claimed).hasSize(2);
        assertThat(claimFrom(store(), 5)).isEmpty();
        assertThat(store().claim(repeatable(5))).isEmpty();

        accepted(settle(store(), claimed.get(0), Jobs.DONE));
        release(claimed.get(1));
        assertThat(store().claim(repeatable(5))).hasSize(2);
        hands().limit(KIND, 4, operator());
        assertThat(claimFrom(otherNode(), 5)).hasSize(1);
        hands().limit(KIND, 1, operator());
        assertThat(claimFrom(store(), 5)).isEmpty();
        assertThat(hands().limit(KIND, null, operator()).limit()).isNull();
        assertThat(claimFrom(store(), 9)).hasSize(3);
    }

    @Test
    default void rule_239_a_limit_is_never_exceeded_by_claims_of_many_threads_and_nodes() {
        schedule(60);
        hands().limit(KIND, 5, operator());
        List<Callable<List<ClaimedJob>>> claims = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            var node = i % 2 == 0 ? store() : otherNode();
            Claim claim = i % 3 == 0 ? repeatable(2) : claim(2, KIND);
            claims.add(() -> node.claim(claim));
        }

        for (int round = 0; round < 4; round++) {
            List<ClaimedJob> held = new ArrayList<>();
            together(claims).forEach(held::addAll);
            assertThat(ids(held)).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(5);
            held.addAll(claimFrom(store(), 9));
            assertThat(ids(held)).doesNotHaveDuplicates().hasSize(5);
            held.forEach(job -> accepted(settle(store(), job, Jobs.DONE)));
        }
    }

    @Test
    default void rule_240_a_limit_is_of_one_kind_and_counts_leases_that_hold() {
        schedule(3);
        for (int i = 0; i < 3; i++) {
            accepted(store().schedule(newJob(OTHER_KIND), EXPECTED));
        }
        hands().limit(KIND, 1, operator());
        assertThat(claimBoth()).hasSize(4);

        timePasses(LEASE.plus(TICKS));
        assertThat(claimBoth()).hasSize(4);
        assertThat(claimFrom(otherNode(), 9)).isEmpty();
    }

    private List<ClaimedJob> claimBoth() {
        List<ClaimedJob> all = new ArrayList<>(store().claim(claim(9, KIND, OTHER_KIND)));
        all.addAll(store().claim(claim(9, KIND, OTHER_KIND)));
        return all;
    }

    @Test
    default void rule_241_a_limit_that_is_reached_explains_why_jobs_wait() {
        hands().limit(KIND, 2, operator());
        schedule(2);
        NewJob waiting = newJob();
        assertThat(claimFrom(store(), 1)).hasSize(1);
        accepted(store().schedule(waiting, EXPECTED));
        assertThat(explained(waiting.id())).isInstanceOf(Explanation.Waiting.class);

        assertThat(claimFrom(store(), 1)).hasSize(1);
        assertThat(explained(waiting.id())).isEqualTo(new Explanation.Full(KIND, 2));
    }

    @Test
    default void rule_246_a_limit_out_of_range_changes_nothing() {
        for (int running : List.of(0, -1, KindState.MAX_LIMIT + 1)) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> hands().limit(KIND, running, operator()));
        }
        assertThat(hands().kinds()).isEmpty();
        assertThat(hands().audit(null, 9).entries()).isEmpty();
    }

    /** A claim that may be sent again. */
    private static Claim repeatable(int max) {
        return new Claim(
                WORKER,
                Set.of(KIND),
                max,
                LEASE,
                ClaimId.of(OWNER, UUID.randomUUID().toString()));
    }
}
