package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ScheduleResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How operators list jobs. A part of {@link JobStoreContract}. */
interface ListingRules extends StoreUnderTest {
    @Test
    default void rule_109_operators_see_the_jobs_of_all_owners_the_newest_first() {
        NewJob oldest = newJob();
        NewJob middle = NewJob.of(newId(), OTHER_OWNER, OTHER_KIND, LINKS);
        NewJob newest = newJob();
        for (NewJob job : List.of(oldest, middle, newest)) {
            accepted(store().schedule(job, EXPECTED));
            timePasses(Duration.ofSeconds(1));
        }

        assertThat(list(JobFilter.ANY)).containsExactly(newest.id(), middle.id(), oldest.id());
        assertThat(store().list(JobFilter.ANY).next()).isEmpty();
    }

    @Test
    default void rule_110_pages_follow_each_other_without_gap_or_repetition() {
        List<JobId> all = schedule(7);

        List<JobId> seen = new ArrayList<>();
        JobPage page = store().list(JobFilter.ANY.withLimit(3));
        seen.addAll(ids(page));
        while (page.next().isPresent()) {
            assertThat(page.jobs()).hasSize(3);
            page = store().list(JobFilter.ANY.withLimit(3).after(page.next().orElseThrow()));
            seen.addAll(ids(page));
        }

        assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    default void rule_111_a_page_that_ends_with_the_last_job_is_the_last() {
        schedule(4);

        JobPage first = store().list(JobFilter.ANY.withLimit(2));
        JobPage second =
                store().list(JobFilter.ANY.withLimit(2).after(first.next().orElseThrow()));

        assertThat(second.jobs()).hasSize(2);
        assertThat(second.next()).isEmpty();
    }

    @Test
    default void rule_112_jobs_that_come_between_two_pages_do_not_affect_them() {
        List<JobId> old = schedule(4);
        timePasses(Duration.ofSeconds(1));
        JobPage first = store().list(JobFilter.ANY.withLimit(2));
        timePasses(Duration.ofSeconds(1));
        JobFilter.Place next = store().list(JobFilter.ANY.withLimit(2)).next().orElseThrow();

        schedule(3);
        JobPage second = store().list(JobFilter.ANY.withLimit(10).after(next));

        assertThat(ids(first)).doesNotContainAnyElementsOf(ids(second));
        assertThat(old).containsAll(ids(first)).containsAll(ids(second));
        assertThat(second.jobs()).hasSize(2);
    }

    @Test
    default void rule_113_a_list_can_be_of_one_status_kind_or_owner_or_all_of_them() {
        NewJob pending = newJob();
        accepted(store().schedule(pending, EXPECTED));
        NewJob done = newJob(OTHER_KIND);
        accepted(store().schedule(done, EXPECTED));
        settle(store(), store().claim(claim(1, OTHER_KIND)).get(0), Jobs.DONE);
        NewJob cancelled = NewJob.of(newId(), OTHER_OWNER, OTHER_KIND, LINKS);
        accepted(store().schedule(cancelled, EXPECTED));
        accepted(store().cancel(null, cancelled.id()));

        assertThat(list(JobFilter.ANY.withStatus(JobStatus.PENDING))).containsExactly(pending.id());
        assertThat(list(JobFilter.ANY.withStatus(JobStatus.DONE))).containsExactly(done.id());
        assertThat(list(JobFilter.ANY.withStatus(JobStatus.FAILED))).containsExactly(cancelled.id());
        assertThat(list(JobFilter.ANY.withKind(OTHER_KIND))).containsExactlyInAnyOrder(done.id(), cancelled.id());
        assertThat(list(JobFilter.ANY.withOwner(OTHER_OWNER))).containsExactly(cancelled.id());
        assertThat(list(JobFilter.ANY.withOwner(OWNER).withKind(OTHER_KIND).withStatus(JobStatus.DONE)))
                .containsExactly(done.id());
        assertThat(list(JobFilter.ANY.withOwner(OWNER).withStatus(JobStatus.FAILED)))
                .isEmpty();
    }

    @Test
    default void rule_114_a_job_is_overdue_while_it_is_pending_past_its_planned_end() {
        NewJob late = newJob();
        accepted(store().schedule(late, EXPECTED));
        NewJob ended = newJob(OTHER_KIND);
        accepted(store().schedule(ended, EXPECTED));
        settle(store(), store().claim(claim(1, OTHER_KIND)).get(0), Jobs.DONE);
        timePasses(EXPECTED.plus(TICKS));
        NewJob planned = newJob();
        accepted(store().schedule(planned, Duration.ofHours(1)));

        assertThat(list(JobFilter.ANY.withOverdue(true))).containsExactly(late.id());
        assertThat(list(JobFilter.ANY.withOverdue(false))).containsExactlyInAnyOrder(ended.id(), planned.id());
    }

    @Test
    default void rule_115_an_entry_shows_the_worker_of_the_job_and_its_progress() {
        NewJob job = newJob();
        accepted(store().schedule(job, EXPECTED));
        assertThat(entry().attempts()).isZero();
        assertThat(entry().lease()).isNull();

        ClaimedJob claimed = claimed(store(), job.id());
        assertThat(entry().lease()).isEqualTo(claimed.lease());
        assertThat(entry().attempts()).isEqualTo(1);
        assertThat(entry().progress()).isNull();

        Lease renewed =
                renewed(store().renew(job.id(), claimed.lease().token(), new LeaseExtension(LEASE, null, 12.5)));
        assertThat(entry().progress()).isEqualTo(12.5);
        assertThat(entry().lease()).isEqualTo(renewed);
        renew(claimed, LEASE);
        assertThat(entry().progress()).isEqualTo(12.5);

        timePasses(LEASE.plus(TICKS));
        assertThat(entry().lease()).isNotNull();
        claimed(store(), job.id());
        assertThat(entry().progress()).isNull();
        assertThat(entry().attempts()).isEqualTo(2);
    }

    @Test
    default void rule_116_an_entry_of_a_job_without_a_worker_has_no_lease() {
        ClaimedJob released = scheduledAndClaimed(store(), newJob());
        release(released);
        assertThat(entry().lease()).isNull();
        assertThat(entry().attempts()).isZero();

        ClaimedJob done = claimed(store(), released.job().id());
        JobSnapshot end = accepted(settle(store(), done, Jobs.DONE));
        assertThat(entry().lease()).isNull();
        assertThat(entry().attempts()).isEqualTo(1);
        assertThat(entry().snapshot().job()).isEqualTo(end.job());
    }

    @Test
    default void rule_117_a_job_past_its_retention_is_not_on_the_list() {
        settle(store(), scheduledAndClaimed(store(), newJob()), Jobs.DONE);
        timePasses(POLICY.retention().plus(TICKS));

        assertThat(list(JobFilter.ANY)).isEmpty();
    }

    @Test
    default void rule_151_the_reference_of_a_job_is_on_the_list_and_reaches_the_worker() {
        Reference reference = new Reference("№ 17/2026 \uD83C\uDFE5 '\"\\ ${x} :owner <now>");
        NewJob named = newJob().withReference(reference);
        assertThat(scheduledAndClaimed(store(), named).reference()).isEqualTo(reference);
        assertThat(entry().reference()).isEqualTo(reference);

        timePasses(LEASE.plus(TICKS));
        ClaimedJob again = claimed(store(), named.id());
        assertThat(again.reference()).isEqualTo(reference);
        settle(store(), again, Jobs.DONE);
        assertThat(entry().reference()).isEqualTo(reference);

        NewJob nameless = newJob();
        assertThat(scheduledAndClaimed(store(), nameless).reference()).isNull();
    }

    @Test
    default void rule_152_a_list_can_be_of_one_reference_and_of_one_owner_with_it() {
        Reference seven = new Reference("7");
        List<NewJob> all = List.of(
                newJob().withReference(seven),
                newJob(OTHER_KIND).withReference(seven),
                NewJob.of(newId(), OTHER_OWNER, OTHER_KIND, LINKS).withReference(seven),
                newJob().withReference(new Reference("77")),
                newJob().withReference(new Reference("seven")),
                newJob());
        for (NewJob job : all) {
            accepted(store().schedule(job, EXPECTED));
            timePasses(Duration.ofSeconds(1));
        }
        List<JobId> ids = all.stream().map(NewJob::id).toList();

        JobFilter named = JobFilter.ANY.withReference(seven);
        assertThat(list(named)).containsExactly(ids.get(2), ids.get(1), ids.get(0));
        assertThat(list(named.withOwner(OWNER))).containsExactly(ids.get(1), ids.get(0));
        assertThat(list(named.withOwner(OTHER_OWNER))).containsExactly(ids.get(2));
        assertThat(list(named.withKind(OTHER_KIND).withOwner(OWNER).withStatus(JobStatus.PENDING)))
                .containsExactly(ids.get(1));
        assertThat(list(JobFilter.ANY.withReference(new Reference("SEVEN")))).isEmpty();
        JobPage first = store().list(named.withLimit(1));
        assertThat(list(named.withLimit(5).after(first.next().orElseThrow()))).containsExactly(ids.get(1), ids.get(0));
    }

    @Test
    default void rule_153_a_job_with_another_reference_is_other_content() {
        NewJob named = newJob().withReference(new Reference("7"));
        NewJob nameless = newJob();
        JobSnapshot first = accepted(store().schedule(named, EXPECTED));
        accepted(store().schedule(nameless, EXPECTED));

        assertThat(accepted(store().schedule(named, EXPECTED))).isEqualTo(first);
        assertThat(store().schedule(named.withReference(new Reference("8")), EXPECTED))
                .isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(store().schedule(nameless.withReference(new Reference("7")), EXPECTED))
                .isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(scheduleAll(List.of(newJob().withReference(new Reference("7")), newJob())))
                .allSatisfy(result -> accepted(result));
        assertThat(list(JobFilter.ANY.withReference(new Reference("7")))).hasSize(2);
    }

    private List<JobId> list(JobFilter filter) {
        return ids(store().list(filter));
    }

    private JobPage.Entry entry() {
        List<JobPage.Entry> entries = store().list(JobFilter.ANY).jobs();
        assertThat(entries).hasSize(1);
        return entries.get(0);
    }

    private static List<JobId> ids(JobPage page) {
        return page.jobs().stream().map(entry -> entry.snapshot().job().id()).toList();
    }
}
