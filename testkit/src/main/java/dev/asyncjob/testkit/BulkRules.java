package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.InterventionRules.operator;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What operators do to many jobs at once. A part of {@link JobStoreContract}. */
interface BulkRules extends StoreUnderTest {
    Map<JobKind, Duration> ALL_EXPECTED = Map.of(KIND, EXPECTED, OTHER_KIND, EXPECTED, Callback.KIND, EXPECTED);

    private static Bulk cancelling(JobFilter filter) {
        return new Bulk(Bulk.Action.CANCEL, filter, 100);
    }

    private static Bulk retrying(JobFilter filter) {
        return new Bulk(Bulk.Action.RETRY, filter, 100);
    }

    private NewJob stored(NewJob job) {
        accepted(store().schedule(job, EXPECTED));
        return job;
    }

    private NewJob failed(NewJob job) {
        accepted(settle(store(), scheduledAndClaimed(store(), job), RetryRules.FAILED));
        return job;
    }

    private List<JobId> selected(Bulk bulk) {
        return selected(store(), bulk, null, 100);
    }

    private static List<JobId> selected(JobStore store, Bulk bulk, JobFilter.@Nullable Place after, int max) {
        return store.interventions().select(bulk, after, max).stream()
                .map(one -> one.place().id())
                .toList();
    }

    private static int retry(JobStore store, List<JobId> jobs, Bulk bulk, Intervention by) {
        List<Retry> retries =
                jobs.stream().map(of -> new Retry(of, newId(), null, null)).toList();
        Bulk.Step step = store.interventions().retry(retries, ALL_EXPECTED, bulk, by);
        assertThat(step.left()).isZero();
        return step.changed();
    }

    private int matching(Bulk bulk) {
        return store().interventions().preview(bulk).matching();
    }

    private List<String> audited() {
        return store().interventions().audit(null, 9).entries().stream()
                .map(entry -> entry.action() + " " + entry.subject() + " " + entry.detail() + " " + entry.count())
                .toList();
    }

    @Test
    default void rule_262_a_bulk_intervention_selects_what_its_filter_does_and_cancels_it() {
        NewJob done = newJob();
        accepted(settle(store(), scheduledAndClaimed(store(), done), Jobs.DONE));
        failed(newJob());
        NewJob running = stored(newJob().withReference(new Reference("7")));
        ClaimedJob claimed = claimFrom(store(), 1).get(0);
        NewJob waiting = stored(newJob());
        NewJob other = stored(newJob(OTHER_KIND).withReference(new Reference("7")));
        NewJob foreign = stored(NewJob.of(newId(), OTHER_OWNER, OTHER_KIND, LINKS));
        Bulk ofKind = cancelling(JobFilter.ANY.withKind(KIND));

        assertThat(selected(cancelling(JobFilter.ANY)))
                .containsExactlyInAnyOrder(running.id(), waiting.id(), other.id(), foreign.id());
        assertThat(selected(cancelling(JobFilter.ANY.withOwner(OTHER_OWNER)))).containsExactly(foreign.id());
        assertThat(selected(cancelling(JobFilter.ANY.withReference(new Reference("7")))))
                .containsExactlyInAnyOrder(running.id(), other.id());
        assertThat(selected(cancelling(JobFilter.ANY.withOverdue(true)))).isEmpty();
        assertThat(store().interventions().preview(ofKind)).isEqualTo(new Bulk.Preview(2, false, 0, null));
        assertThat(store().interventions().preview(new Bulk(Bulk.Action.CANCEL, ofKind.filter(), 1)))
                .isEqualTo(new Bulk.Preview(1, true, 0, null));

        List<JobId> jobs = selected(ofKind);
        assertThat(jobs).containsExactlyInAnyOrder(running.id(), waiting.id());
        assertThat(otherNode().interventions().cancel(jobs, ofKind, operator())).isEqualTo(new Bulk.Step(2, 0));

        assertThat(failureOf(read(running)).message()).isEqualTo("cancelled");
        assertThat(failureOf(read(waiting)).message()).isEqualTo("cancelled");
        assertThat(renewal(claimed)).isInstanceOf(RenewResult.Lost.class);
        assertThat(read(done).job().status()).isEqualTo(JobStatus.DONE);
        assertThat(read(other).job().status()).isEqualTo(JobStatus.PENDING);
        assertThat(matching(ofKind)).isZero();
        timePasses(EXPECTED.plus(TICKS));
        assertThat(matching(cancelling(JobFilter.ANY.withOverdue(true)))).isEqualTo(2);
    }

    @Test
    default void rule_263_a_selection_goes_on_after_a_place_and_finds_each_job_once() {
        List<JobId> pending = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            pending.add(stored(newJob(OTHER_KIND)).id());
        }
        IntStream.range(0, 5).forEach(i -> failed(newJob()));

        for (Bulk bulk : List.of(cancelling(JobFilter.ANY), retrying(JobFilter.ANY.withOwner(OWNER)))) {
            List<JobId> found = new ArrayList<>();
            JobFilter.Place after = null;
            List<Bulk.Candidate> page = store().interventions().select(bulk, after, 2);
            while (!page.isEmpty()) {
                page.forEach(one -> found.add(one.place().id()));
                after = page.get(page.size() - 1).place();
                page = otherNode().interventions().select(bulk, after, 2);
            }
            assertThat(found).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(selected(bulk));
            assertThat(found).hasSize(bulk.action() == Bulk.Action.CANCEL ? 7 : 5);
        }
        assertThat(selected(cancelling(JobFilter.ANY))).containsExactlyInAnyOrderElementsOf(pending);
        assertThat(store().interventions().select(retrying(JobFilter.ANY), null, 1))
                .extracting(Bulk.Candidate::kind)
                .containsExactly(KIND);
    }

    @Test
    default void rule_264_all_steps_of_a_bulk_intervention_are_one_entry_which_counts_what_was_changed() {
        List<JobId> jobs = schedule(3);
        Bulk bulk = cancelling(JobFilter.ANY.withOwner(OWNER).withReference(new Reference("a b")));
        Intervention by = operator();

        assertThat(store().interventions().cancel(jobs.subList(0, 2), bulk, by)).isEqualTo(new Bulk.Step(2, 0));
        assertThat(store().interventions().cancel(jobs, bulk, by)).isEqualTo(new Bulk.Step(1, 0));
        assertThat(store().interventions().cancel(List.of(newId()), bulk, by)).isEqualTo(new Bulk.Step(0, 0));
        assertThat(audited()).containsExactly("BULK_CANCEL owner=" + OWNER + "&reference=a%20b null 3");
        assertThat(store().interventions().audit(null, 9).entries())
                .extracting(AuditEntry::by)
                .containsExactly(by);

        Intervention nothing = operator();
        assertThat(retry(store(), List.of(), retrying(JobFilter.ANY), nothing)).isZero();
        assertThat(store().interventions().cancel(List.of(), cancelling(JobFilter.ANY), operator()))
                .isEqualTo(new Bulk.Step(0, 0));
        assertThat(audited()).contains("BULK_RETRY all=true null 0", "BULK_CANCEL all=true null 0");
    }

    @Test
    default void rule_265_deliveries_of_callbacks_are_left_out_unless_their_kind_is_named() {
        stored(newJob().withCallback());
        NewJob other = stored(newJob());
        Bulk ofOwner = cancelling(JobFilter.ANY.withOwner(OWNER));
        Bulk deliveries = cancelling(JobFilter.ANY.withKind(Callback.KIND));

        assertThat(store().interventions().cancel(selected(ofOwner), ofOwner, operator()))
                .isEqualTo(new Bulk.Step(2, 0));

        assertThat(matching(ofOwner)).as("the delivery of the first").isZero();
        assertThat(selected(ofOwner)).isEmpty();
        assertThat(matching(deliveries)).isEqualTo(1);
        accepted(settle(store(), store().claim(claim(1, Callback.KIND)).get(0), RetryRules.FAILED));
        assertThat(store().interventions().preview(retrying(JobFilter.ANY)))
                .isEqualTo(new Bulk.Preview(0, false, 0, null));
        Bulk again = retrying(JobFilter.ANY.withKind(Callback.KIND));
        assertThat(retry(store(), selected(again), again, operator())).isEqualTo(1);
        assertThat(matching(deliveries)).isEqualTo(1);
        assertThat(failureOf(read(other)).message()).isEqualTo("cancelled");
    }

    @Test
    default void rule_266_a_bulk_retry_takes_each_job_that_failed_once_and_counts_those_it_cannot_take() {
        NewJob lost = failed(newJob());
        timePasses(POLICY.failedPayload().plus(TICKS));
        NewJob one = failed(newJob().withPayload(new Payload("1")).withReference(new Reference("one")));
        NewJob two = failed(newJob().withPayload(new Payload("2")).withMaxAttempts(2));
        accepted(store().cancel(null, stored(newJob()).id()));
        NewJob alone = failed(newJob());
        assertThat(store().interventions().retry(new Retry(alone.id(), newId(), null, null), EXPECTED, operator()))
                .isInstanceOf(RetryResult.Accepted.class);
        assertThat(claimFrom(store(), 9)).hasSize(1);
        Bulk bulk = retrying(JobFilter.ANY.withKind(KIND));
        Intervention by = operator();

        assertThat(store().interventions().preview(bulk)).isEqualTo(new Bulk.Preview(2, false, 1, null));
        assertThat(store().interventions().preview(new Bulk(Bulk.Action.RETRY, bulk.filter(), 1)))
                .isEqualTo(new Bulk.Preview(1, true, 1, null));
        assertThat(store().interventions().notKept(bulk)).isEqualTo(1);
        List<JobId> jobs = selected(bulk);
        assertThat(jobs).containsExactlyInAnyOrder(one.id(), two.id());
        List<JobId> all = List.of(one.id(), alone.id(), lost.id(), newId(), two.id());
        assertThat(retry(otherNode(), all, bulk, by)).isEqualTo(2);

        List<ClaimedJob> claimed = claimFrom(store(), 9);
        assertThat(claimed).extracting(ClaimedJob::payload).containsExactlyInAnyOrder(one.payload(), two.payload());
        JobPage.Entry entry = store().list(
                        JobFilter.ANY.withReference(new Reference("one")).withStatus(JobStatus.PENDING))
                .jobs()
                .get(0);
        assertThat(entry.retryOf()).isEqualTo(one.id());
        assertThat(entry.scheduledBy()).isEqualTo(OTHER_OWNER);
        assertThat(store().interventions().preview(bulk)).isEqualTo(new Bulk.Preview(0, false, 3, null));
        assertThat(selected(bulk)).isEmpty();
        assertThat(retry(store(), all, bulk, operator())).isZero();
        assertThat(audited()).contains("BULK_RETRY kind=" + KIND + " null 2", "BULK_RETRY kind=" + KIND + " null 0");
        assertThat(store().interventions().retry(new Retry(one.id(), newId(), null, null), EXPECTED, operator()))
                .as("a retry of one job alone makes another")
                .isInstanceOf(RetryResult.Accepted.class);
    }

    @Test
    default void rule_267_two_operators_at_once_make_one_new_job_for_each_that_failed() {
        List<JobId> jobs = Stream.generate(() -> failed(newJob()).id()).limit(8).toList();
        List<JobId> backwards =
                Stream.iterate(7, i -> i >= 0, i -> i - 1).map(jobs::get).toList();
        Bulk bulk = retrying(JobFilter.ANY.withKind(KIND));

        List<Integer> made = together(List.of(
                () -> retry(store(), jobs, bulk, operator()),
                () -> retry(otherNode(), backwards, bulk, operator()),
                () -> retry(store(), backwards, bulk, operator()),
                () -> retry(otherNode(), jobs, bulk, operator())));

        assertThat(made.stream().mapToInt(Integer::intValue).sum()).isEqualTo(8);
        assertThat(store().list(JobFilter.ANY.withStatus(JobStatus.PENDING)).jobs())
                .extracting(JobPage.Entry::retryOf)
                .containsExactlyInAnyOrderElementsOf(jobs);
    }

    @Test
    default void rule_268_observers_are_told_of_each_job_of_a_bulk_intervention() {
        RecordingObserver observer = new RecordingObserver();
        NewJob job = failed(newJob());
        List<JobId> pending = List.of(stored(newJob(OTHER_KIND)).id());
        store().observe(observer);

        retry(store(), List.of(job.id()), retrying(JobFilter.ANY), operator());
        assertThat(observer.told()).containsExactly("accepted " + KIND);
        store().interventions().cancel(pending, cancelling(JobFilter.ANY), operator());
        assertThat(observer.told()).containsExactly("job CANCELLED " + OTHER_KIND);
    }
}
