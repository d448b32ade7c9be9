package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListingTest {
    private static final JobFilter.Place PLACE = new JobFilter.Place(NOW, ID);
    private static final JobPage.Entry ENTRY =
            new JobPage.Entry(new JobSnapshot(PENDING, NOW), 1, null, null, null, null, null);

    @Test
    void the_default_filter_selects_all_jobs_in_pages_of_a_hundred() {
        assertThat(JobFilter.ANY).isEqualTo(new JobFilter(null, null, null, null, null, null, 100));
    }

    @Test
    void each_with_method_changes_one_property() {
        Reference reference = new Reference("order 17");
        JobFilter all = new JobFilter(JobStatus.FAILED, KIND, OWNER, reference, true, PLACE, 7);

        assertThat(JobFilter.ANY
                        .withStatus(JobStatus.FAILED)
                        .withKind(KIND)
                        .withOwner(OWNER)
                        .withReference(reference)
                        .withOverdue(true)
                        .after(PLACE)
                        .withLimit(7))
                .isEqualTo(all);
        assertThat(JobFilter.ANY
                        .withLimit(7)
                        .after(PLACE)
                        .withOverdue(true)
                        .withReference(reference)
                        .withOwner(OWNER)
                        .withKind(KIND)
                        .withStatus(JobStatus.FAILED))
                .isEqualTo(all);
    }

    @Test
    void a_page_has_one_to_a_hundred_jobs() {
        assertThat(JobFilter.ANY.withLimit(1).limit()).isEqualTo(1);
        assertRefused(() -> JobFilter.ANY.withLimit(0));
        assertRefused(() -> JobFilter.ANY.withLimit(101));
    }

    @Test
    void a_place_is_at_a_time_at_which_a_job_can_be_accepted() {
        assertThat(new JobFilter.Place(Instant.EPOCH, ID).createdAt()).isEqualTo(Instant.EPOCH);
        assertThat(new JobFilter.Place(NewJob.LATEST, ID).createdAt()).isEqualTo(NewJob.LATEST);
        assertRefused(() -> new JobFilter.Place(Instant.EPOCH.minusNanos(1), ID));
        assertRefused(() -> new JobFilter.Place(NewJob.LATEST.plusNanos(1), ID));
    }

    @Test
    void the_next_page_begins_after_the_last_job_if_there_are_more() {
        assertThat(new JobPage(List.of(ENTRY), true).next()).contains(PLACE);
        assertThat(new JobPage(List.of(ENTRY), false).next()).isEmpty();
        assertThat(new JobPage(List.of(), false).next()).isEmpty();
    }

    @Test
    void an_owner_sees_no_worker_no_scheduler_and_no_retry() {
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("w"), NOW);
        Reference reference = new Reference("17");
        JobSnapshot job = new JobSnapshot(PENDING, NOW);
        JobPage page = new JobPage(
                List.of(new JobPage.Entry(
                        job, 1, lease, 12.5, OWNER, reference, JobId.parse("00000000-0000-0000-0000-000000000000"))),
                true);

        assertThat(page.forOwner())
                .isEqualTo(new JobPage(List.of(new JobPage.Entry(job, 1, null, null, null, reference, null)), true));
    }

    @Test
    void a_page_is_independent_of_the_given_list() {
        List<JobPage.Entry> entries = new ArrayList<>(List.of(ENTRY));
        JobPage page = new JobPage(entries, false);

        entries.clear();

        assertThat(page.jobs()).containsExactly(ENTRY);
    }
}
