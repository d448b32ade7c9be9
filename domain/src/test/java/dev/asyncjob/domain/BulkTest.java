package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class BulkTest {
    private static Bulk cancelling(JobFilter filter) {
        return new Bulk(Bulk.Action.CANCEL, filter, Bulk.MAX_JOBS);
    }

    @Test
    void jobs_are_cancelled_while_they_are_pending_and_retried_when_they_have_failed() {
        JobFilter filter = JobFilter.ANY.withKind(KIND).withOwner(OWNER);
        JobFilter page = filter.withStatus(JobStatus.DONE).withLimit(3).after(new JobFilter.Place(NOW, ID));

        assertThat(cancelling(page).filter()).isEqualTo(filter.withStatus(JobStatus.PENDING));
        assertThat(new Bulk(Bulk.Action.RETRY, page, 1).filter()).isEqualTo(filter.withStatus(JobStatus.FAILED));
        assertThat(Bulk.Action.CANCEL.audited()).isEqualTo(AuditEntry.Action.BULK_CANCEL);
        assertThat(Bulk.Action.RETRY.audited()).isEqualTo(AuditEntry.Action.BULK_RETRY);
    }

    @Test
    void one_to_ten_thousand_jobs_are_changed() {
        assertThat(cancelling(JobFilter.ANY).max()).isEqualTo(10_000);
        for (int max : new int[] {0, 10_001}) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> new Bulk(Bulk.Action.CANCEL, JobFilter.ANY, max))
                    .satisfies(e -> assertThat(e.rule()).isEqualTo("range"));
        }
    }

    @Test
    void the_subject_is_the_filter_as_the_query_of_a_list_has_it() {
        Reference reference = new Reference("order 17&a=ї");

        assertThat(cancelling(JobFilter.ANY
                                .withKind(KIND)
                                .withOwner(new Owner("clinic-7/user"))
                                .withReference(reference)
                                .withOverdue(true))
                        .subject())
                .isEqualTo("kind=" + KIND + "&owner=clinic-7%2Fuser&reference=order%2017%26a%3D%D1%97&overdue=true");
        assertThat(cancelling(JobFilter.ANY.withOverdue(false)).subject()).isEqualTo("overdue=false");
        assertThat(cancelling(JobFilter.ANY).subject()).isEqualTo("all=true");
    }

    @Test
    void a_filter_of_all_is_one_that_accepts_any_value() {
        assertThat(cancelling(JobFilter.ANY.withStatus(JobStatus.DONE)).isOfAll())
                .isTrue();
        assertThat(new Bulk(Bulk.Action.RETRY, JobFilter.ANY, 1).isOfAll()).isTrue();
        assertThat(new Bulk(Bulk.Action.RETRY, JobFilter.ANY.withOverdue(false), 1).isOfAll())
                .isTrue();
        assertThat(cancelling(JobFilter.ANY.withOverdue(false)).isOfAll()).isFalse();
        assertThat(cancelling(JobFilter.ANY.withOwner(OWNER)).isOfAll()).isFalse();
    }

    @Test
    void deliveries_are_left_out_unless_a_kind_is_named() {
        assertThat(cancelling(JobFilter.ANY.withOwner(OWNER)).leavesDeliveries())
                .isTrue();
        assertThat(cancelling(JobFilter.ANY.withKind(Callback.KIND)).leavesDeliveries())
                .isFalse();
    }

    @Test
    void each_part_of_an_intervention_says_what_it_was_told() {
        assertThat(new Bulk.Preview(7, true, 2, 3).notKept()).isEqualTo(3);
        assertThat(new Bulk.Candidate(new JobFilter.Place(NOW, ID), KIND).kind())
                .isEqualTo(KIND);
        assertThat(new Bulk.Step(5, 1).left()).isEqualTo(1);
        assertThat(new Bulk.Result(5, true, 3).changed()).isEqualTo(5);
    }
}
