package dev.asyncjob.testkit;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ScheduleResult;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pending jobs of a client, and repetitions that store nothing. A part of {@link JobStoreContract}. */
interface BacklogRules extends StoreUnderTest {
    @Test
    default void rule_146_a_backlog_has_the_pending_jobs_of_a_client_and_of_its_users() {
        Owner client = new Owner("heavy");
        NewJob plain = newJob().scheduledBy(client).withPayload(new Payload("\"ї\"")); // four bytes
        NewJob ofUser = newJob().scheduledBy(new Owner("heavy/user-7")).withPayload(new Payload("12"));
        scheduleAll(List.of(plain, ofUser, newJob().scheduledBy(new Owner("heav")), newJob()));
        accepted(store().schedule(newJob().scheduledBy(new Owner("heavyweight")), EXPECTED));
        accepted(store().schedule(newJob().scheduledBy(new Owner("/heavy")), EXPECTED));

        assertThat(store().backlog(client, 10)).isEqualTo(new Backlog(2, 6));
        assertThat(otherNode().backlog(client, 10)).isEqualTo(new Backlog(2, 6));
        assertThat(store().backlog(OWNER, 10)).isEqualTo(new Backlog(1, 4));
        assertThat(store().backlog(new Owner("/heavy"), 10).jobs()).isEqualTo(1);
        assertThat(store().backlog(new Owner("idle"), 10)).isEqualTo(new Backlog(0, 0));
    }

    @Test
    default void rule_147_a_backlog_has_jobs_until_they_end() {
        NewJob retried = newJob();
        NewJob cancelled = newJob();
        NewJob done = newJob();
        settle(store(), scheduledAndClaimed(store(), retried), Outcome.retry(new Failure("later")));
        accepted(store().schedule(cancelled, EXPECTED));
        assertThat(store().backlog(OWNER, 10).jobs()).isEqualTo(2);

        accepted(store().cancel(OWNER, cancelled.id()));
        ClaimedJob claimed = scheduledAndClaimed(store(), done);
        assertThat(store().backlog(OWNER, 10).jobs()).isEqualTo(2);
        settle(store(), claimed, Jobs.DONE);

        assertThat(store().backlog(OWNER, 10).jobs()).isEqualTo(1);
    }

    @Test
    default void rule_148_a_backlog_is_counted_up_to_a_limit() {
        scheduleAll(Stream.generate(Jobs::newJob).limit(5).toList());

        assertThat(store().backlog(OWNER, 3)).isEqualTo(new Backlog(3, 12));
    }

    @Test
    default void rule_149_a_known_job_is_repeated_and_an_unknown_one_not_stored() {
        NewJob job = newJob().withIdempotencyKey(key("k", "request"));
        ScheduleResult first = store().schedule(job, EXPECTED);
        NewJob byKey = newJob().withIdempotencyKey(key("k", "request"));

        assertThat(store().repeated(job)).contains(first);
        assertThat(store().repeated(byKey)).contains(first);
        assertThat(store().repeated(newJob().withIdempotencyKey(key("k", "other"))))
                .contains(new ScheduleResult.KeyReused());
        assertThat(store().repeated(NewJob.of(job.id(), new Owner("other"), job.kind(), job.links())))
                .contains(new ScheduleResult.Contradiction());
        NewJob unknown = newJob().withIdempotencyKey(key("k2", "request"));
        assertThat(store().repeated(unknown)).isEmpty();
        assertThat(store().find(OWNER, unknown.id())).isEmpty();
        timePasses(POLICY.retention()); // of nothing: it is still pending
        assertThat(store().repeated(job)).isPresent();
    }

    @Test
    default void rule_150_a_job_past_its_retention_is_not_repeated() {
        NewJob job = newJob();
        settle(store(), scheduledAndClaimed(store(), job), Jobs.DONE);
        assertThat(store().repeated(job)).isPresent();

        timePasses(POLICY.retention().plus(TICKS));

        assertThat(store().repeated(job)).isEmpty();
        accepted(store().schedule(job, EXPECTED));
    }
}
