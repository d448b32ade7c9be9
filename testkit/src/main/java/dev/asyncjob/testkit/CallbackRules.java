package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.DONE;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.WORKER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.refused;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ScheduleResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How the delivery of a callback is made when a job ends. A part of {@link JobStoreContract}. */
interface CallbackRules extends StoreUnderTest {
    @Test
    default void rule_170_the_end_of_a_job_makes_a_delivery_that_can_be_claimed_at_once() {
        NewJob job = newJob().withReference(new Reference("order 17")).withCallback();
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), job), DONE));

        ClaimedJob delivery = theDelivery();
        assertIsOf(end, job, OWNER, delivery);
        assertThat(delivery.attempts()).isEqualTo(new Attempts(1, Attempts.MAX));
        assertThat(delivery.reference()).isEqualTo(new Reference(job.id().toString()));
        JobSnapshot read = store().find(OWNER, delivery.job().id()).orElseThrow();
        assertThat(read.job()).isEqualTo(delivery.job());
        assertThat(pending(read).createdAt()).isEqualTo(((AsyncJob.Ended) end.job()).endedAt());
        assertThat(pending(read).eta()).isEqualTo(Eta.after(pending(read).createdAt(), POLICY.expectedDuration()));
    }

    @Test
    default void rule_171_a_job_makes_a_delivery_however_it_ends_and_none_before() {
        NewJob failed = newJob().withCallback();
        ClaimedJob first = scheduledAndClaimed(store(), failed);
        accepted(settle(store(), first, Outcome.retry(new Failure("later"))));
        assertThat(deliveries()).isEmpty();
        timePasses(Duration.ofMinutes(10));
        ClaimedJob second = Jobs.claimed(store(), failed.id());
        assertIsOf(accepted(settle(store(), second, Outcome.failed(new Failure("no")))), failed, OWNER, theDelivery());

        NewJob cancelled = newJob().withCallback();
        accepted(store().schedule(cancelled, EXPECTED));
        assertIsOf(accepted(store().cancel(OWNER, cancelled.id())), cancelled, OWNER, theDelivery());

        NewJob held = newJob().withCallback();
        scheduledAndClaimed(store(), held);
        assertIsOf(accepted(store().cancel(null, held.id())), held, OWNER, theDelivery());

        NewJob born = newJob().leasedTo(WORKER, LEASE).withCallback();
        ScheduleResult result = store().schedule(born, EXPECTED);
        Lease lease = result.firstLease().orElseThrow();
        assertIsOf(
                accepted(store().settle(new OutcomeReport(born.id(), lease.token(), DONE))),
                born,
                OWNER,
                theDelivery());
    }

    @Test
    default void rule_172_a_job_whose_attempts_are_spent_makes_a_delivery() {
        NewJob job = newJob().withMaxAttempts(1).withCallback();
        scheduledAndClaimed(store(), job);
        NewJob other = newJob().withMaxAttempts(1);
        scheduledAndClaimed(store(), other);
        NewJob third = newJob().withMaxAttempts(1).withCallback();
        scheduledAndClaimed(store(), third);
        timePasses(LEASE.plus(TICKS));

        assertThat(store().failSpent(10)).isEqualTo(3);
        assertThat(store().failSpent(10)).isZero();

        List<ClaimedJob> deliveries = deliveries();
        assertThat(endedJobs(deliveries)).containsExactlyInAnyOrder(job.id(), third.id());
        for (ClaimedJob delivery : deliveries) {
            NewJob ended = referenceOf(delivery).value().equals(job.id().toString()) ? job : third;
            assertIsOf(read(ended), ended, OWNER, delivery);
        }
    }

    @Test
    default void rule_173_a_job_that_did_not_ask_makes_no_delivery() {
        settle(store(), scheduledAndClaimed(store(), newJob()), DONE);
        NewJob cancelled = newJob();
        accepted(store().schedule(cancelled, EXPECTED));
        accepted(store().cancel(OWNER, cancelled.id()));

        assertThat(deliveries()).isEmpty();
    }

    @Test
    default void rule_174_a_repeated_or_refused_call_makes_no_delivery() {
        NewJob job = newJob().withCallback();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);
        accepted(settle(store(), claimed, DONE));
        accepted(settle(store(), claimed, DONE));
        accepted(settleAll(List.of(report(claimed, DONE))).get(0));
        refused(settle(store(), claimed, Outcome.failed(new Failure("no"))));
        refused(store().cancel(OWNER, job.id()));
        assertIsOf(read(job), job, OWNER, theDelivery());

        NewJob cancelled = newJob().withCallback();
        accepted(store().schedule(cancelled, EXPECTED));
        accepted(store().cancel(OWNER, cancelled.id()));
        accepted(store().cancel(OWNER, cancelled.id()));
        assertIsOf(read(cancelled), cancelled, OWNER, theDelivery());
    }

    @Test
    default void rule_175_concurrent_reports_make_one_delivery() {
        NewJob job = newJob().withCallback();
        ClaimedJob claimed = scheduledAndClaimed(store(), job);

        together(4, () -> accepted(settle(store(), claimed, DONE)));

        assertIsOf(read(job), job, OWNER, theDelivery());
    }

    @Test
    default void rule_176_each_job_of_a_batch_that_asked_makes_its_delivery() {
        List<NewJob> jobs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            jobs.add(i % 2 == 0 ? newJob().withCallback() : newJob());
        }
        scheduleAll(jobs);
        List<OutcomeReport> reports = claimFrom(store(), 6).stream()
                .map(claimed -> report(claimed, outcomeOf(jobs, claimed)))
                .toList();
        settleAll(reports);

        List<ClaimedJob> deliveries = deliveries();
        assertThat(endedJobs(deliveries))
                .containsExactlyInAnyOrder(jobs.get(0).id(), jobs.get(2).id());
        deliveries.forEach(delivery -> assertThat(delivery.payload().json()).contains("\"status\":\"DONE\""));
    }

    /** The fifth job is to be tried again, so that it does not end. */
    private static Outcome outcomeOf(List<NewJob> jobs, ClaimedJob claimed) {
        return claimed.job().id().equals(jobs.get(4).id()) ? Outcome.retry(new Failure("later")) : DONE;
    }

    @Test
    default void rule_177_the_client_that_asked_is_called_and_the_delivery_is_the_owners() {
        Owner user = new Owner(OTHER_OWNER.value() + "/user-1");
        Owner scheduler = new Owner("hospital-1/user-2");
        NewJob foreign =
                NewJob.of(newId(), user, KIND, LINKS).scheduledBy(scheduler).withCallback();
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), foreign), DONE));
        ClaimedJob delivery = theDelivery();
        assertIsOf(end, foreign, new Owner("hospital-1"), delivery);
        assertThat(delivery.job().owner()).isEqualTo(user);

        NewJob own = NewJob.of(newId(), user, KIND, LINKS).withCallback();
        end = accepted(settle(store(), scheduledAndClaimed(store(), own), DONE));
        assertIsOf(end, own, OTHER_OWNER, theDelivery());
    }

    @Test
    default void rule_178_any_owner_and_reference_can_be_delivered() {
        Owner odd = new Owner("\"'\\{},:\"\\");
        NewJob job = NewJob.of(newId(), odd, KIND, LINKS)
                .withReference(new Reference("\"\\ \n\u0001\u007f{},null\u00e9\u2028\ud83c\udfe5"))
                .withCallback();
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), job), DONE));

        assertIsOf(end, job, odd, theDelivery());
    }

    @Test
    default void rule_179_a_pending_delivery_counts_as_its_owners_and_makes_none_of_its_own() {
        settle(store(), scheduledAndClaimed(store(), newJob().withCallback()), DONE);
        assertThat(store().pending(OWNER, 10)).isEqualTo(1);
        assertThat(store().backlog(OWNER, 10).jobs()).isEqualTo(1);

        ClaimedJob delivery = theDelivery();
        accepted(settle(store(), delivery, DONE));

        assertThat(deliveries()).isEmpty();
        assertThat(store().pending(OWNER, 10)).isZero();
        assertThat(store().find(OWNER, delivery.job().id()).orElseThrow().job().status())
                .isEqualTo(JobStatus.DONE);
    }

    @Test
    default void rule_180_asking_for_a_callback_is_content_of_the_job() {
        NewJob job = newJob().withCallback();
        accepted(store().schedule(job, EXPECTED));
        accepted(store().schedule(job, EXPECTED));
        NewJob without = NewJob.of(job.id(), OWNER, KIND, LINKS);

        assertThat(store().schedule(without, EXPECTED)).isInstanceOf(ScheduleResult.Contradiction.class);
    }

    @Test
    default void rule_181_an_id_that_is_used_again_makes_another_delivery_beside_the_first() {
        NewJob job = newJob().withCallback();
        accepted(settle(store(), scheduledAndClaimed(store(), job), DONE));
        timePasses(POLICY.retention().plus(TICKS));
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), job), DONE));

        assertThat(store().pending(OWNER, 10)).isEqualTo(2);
        Callback callback = new Callback(OWNER, job.id(), JobStatus.DONE, ((AsyncJob.Ended) end.job()).endedAt(), null);
        assertThat(store().find(OWNER, callback.deliveryId())).isPresent();
    }

    @Test
    default void rule_182_another_node_can_claim_a_delivery() {
        NewJob job = newJob().withCallback();
        JobSnapshot end = accepted(settle(store(), scheduledAndClaimed(store(), job), DONE));

        List<ClaimedJob> claimed = otherNode().claim(claim(10, Callback.KIND));

        assertThat(claimed).hasSize(1);
        assertIsOf(end, job, OWNER, claimed.get(0));
    }

    // ---- Short forms

    private List<ClaimedJob> deliveries() {
        return store().claim(new Claim(WORKER, Set.of(Callback.KIND), 10, LEASE));
    }

    private ClaimedJob theDelivery() {
        List<ClaimedJob> deliveries = deliveries();
        assertThat(deliveries).hasSize(1);
        return deliveries.get(0);
    }

    private static List<JobId> endedJobs(List<ClaimedJob> deliveries) {
        return deliveries.stream()
                .map(delivery -> JobId.parse(referenceOf(delivery).value()))
                .toList();
    }

    private static Reference referenceOf(ClaimedJob delivery) {
        return Objects.requireNonNull(delivery.reference());
    }

    private static void assertIsOf(JobSnapshot end, NewJob job, Owner client, ClaimedJob delivery) {
        AsyncJob.Ended ended = (AsyncJob.Ended) end.job();
        Callback callback = new Callback(client, job.id(), ended.status(), ended.endedAt(), job.reference());
        assertThat(delivery.payload()).isEqualTo(callback.payload());
        assertThat(delivery.job().id()).isEqualTo(callback.deliveryId());
        assertThat(delivery.job().kind()).isEqualTo(Callback.KIND);
        assertThat(delivery.job().owner()).isEqualTo(job.owner());
        assertThat(delivery.job().links())
                .isEqualTo(callback.delivery(job.owner()).links());
    }
}
