package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class BulkChangesTest {
    private static final WorkPolicy POLICY = JobStoreContract.POLICY.withExpectedDuration(Duration.ofSeconds(77));

    private final SettableClock clock = new SettableClock();
    private final InMemoryJobStore memory = new InMemoryJobStore(POLICY, clock, new LocalJobSignals());
    private final AtomicLong nanoTime = new AtomicLong();

    /** Steps that the store carries out before it breaks down. */
    private int untilBreakdown = Integer.MAX_VALUE;

    /** How long a step takes. */
    private Duration step = Duration.ZERO;

    private final JobUseCases jobs = new JobUseCases(new SteppingStore(memory), POLICY, new GivenTime(nanoTime::get));

    /** Counts the steps of bulk changes. */
    private final class SteppingStore extends ForwardingJobStore {
        SteppingStore(JobStore store) {
            super(store);
        }

        @Override
        public Interventions interventions() {
            Interventions real = super.interventions();
            return (Interventions) Proxy.newProxyInstance(
                    Interventions.class.getClassLoader(),
                    new Class<?>[] {Interventions.class},
                    (proxy, called, all) -> {
                        if (called.getName().equals("cancel")
                                || called.getName().equals("retry")) {
                            nanoTime.addAndGet(step.toNanos());
                            if (untilBreakdown-- == 0) {
                                throw new StoreUnavailable(new SQLException("no line"));
                            }
                        }
                        try {
                            return called.invoke(real, all);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }

    /** The store, with another answer of one method of its interventions. */
    private JobStore answering(String method, Supplier<Object> answer) {
        return new ForwardingJobStore(memory) {
            @Override
            public Interventions interventions() {
                Interventions real = super.interventions();
                return (Interventions) Proxy.newProxyInstance(
                        Interventions.class.getClassLoader(),
                        new Class<?>[] {Interventions.class},
                        (proxy, called, all) ->
                                called.getName().equals(method) ? answer.get() : called.invoke(real, all));
            }
        };
    }

    private void pending(int count) {
        for (int i = 0; i < count; i++) {
            accepted(memory.schedule(newJob(), Jobs.EXPECTED));
        }
    }

    private void failed(int count) {
        for (int i = 0; i < count; i++) {
            NewJob job = newJob();
            ClaimedJob claimed = scheduledAndClaimed(memory, job);
            clock.advance(Duration.ofSeconds(1));
            accepted(settle(memory, claimed, Outcome.failed(new Failure("no paper"))));
        }
    }

    private static Bulk cancelling(int max) {
        return new Bulk(Bulk.Action.CANCEL, JobFilter.ANY.withOwner(OWNER), max);
    }

    private Bulk.Result change(Bulk bulk) {
        return jobs.change(bulk, Jobs::newId, new Intervention(UUID.randomUUID(), OTHER_OWNER, "r"));
    }

    private List<String> audited() {
        return jobs.audit(null, 9).entries().stream()
                .map(entry -> entry.action() + " " + entry.subject() + " " + entry.count())
                .toList();
    }

    @Test
    void all_jobs_are_cancelled_in_steps_and_the_audit_has_one_entry() {
        pending(2 * BulkChanges.STEP + 1);
        assertThat(jobs.preview(cancelling(9))).isEqualTo(new Bulk.Preview(9, true, 0, null));

        assertThat(change(cancelling(Bulk.MAX_JOBS))).isEqualTo(new Bulk.Result(201, false, null));

        assertThat(untilBreakdown).as("steps").isEqualTo(Integer.MAX_VALUE - 3);
        assertThat(audited()).containsExactly("BULK_CANCEL owner=" + OWNER + " 201");
        assertThat(change(cancelling(Bulk.MAX_JOBS))).isEqualTo(new Bulk.Result(0, false, null));
        assertThat(audited()).hasSize(2).contains("BULK_CANCEL owner=" + OWNER + " 0");
    }

    @Test
    void no_more_than_the_bound_are_changed_and_the_answer_says_whether_more_match() {
        pending(BulkChanges.STEP + 50);

        assertThat(change(cancelling(BulkChanges.STEP + 49))).isEqualTo(new Bulk.Result(149, true, null));
        assertThat(change(cancelling(1))).isEqualTo(new Bulk.Result(1, false, null));
        assertThat(audited()).hasSize(2);
    }

    @Test
    void a_change_that_the_store_breaks_off_says_what_it_did_and_goes_on_when_it_is_repeated() {
        pending(3 * BulkChanges.STEP);
        untilBreakdown = 2;

        assertThat(change(cancelling(Bulk.MAX_JOBS))).isEqualTo(new Bulk.Result(200, true, null));
        assertThat(audited()).containsExactly("BULK_CANCEL owner=" + OWNER + " 200");

        untilBreakdown = 0;
        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(() -> change(cancelling(Bulk.MAX_JOBS)));
        untilBreakdown = Integer.MAX_VALUE;
        assertThat(change(cancelling(Bulk.MAX_JOBS))).isEqualTo(new Bulk.Result(100, false, null));
    }

    @Test
    void a_change_ends_within_the_time_of_one_call_of_the_store() {
        pending(5 * BulkChanges.STEP);
        step = Duration.ofMillis(700);

        assertThat(change(cancelling(Bulk.MAX_JOBS))).isEqualTo(new Bulk.Result(300, true, null));
        assertThat(Duration.ofNanos(nanoTime.get())).isLessThan(Deadline.LIMIT);
    }

    @Test
    void jobs_that_another_call_holds_are_left_and_said_to_match() {
        pending(1);
        JobStore holding = answering("cancel", () -> new Bulk.Step(0, 1));

        assertThat(JobUseCases.over(holding, POLICY)
                        .change(cancelling(9), Jobs::newId, new Intervention(UUID.randomUUID(), OTHER_OWNER, "r")))
                .isEqualTo(new Bulk.Result(0, true, null));
    }

    @Test
    void each_job_that_failed_is_retried_once_with_the_duration_the_service_expects_of_its_kind() {
        failed(BulkChanges.STEP + 1);
        clock.advance(POLICY.failedPayload());
        failed(BulkChanges.STEP + 2);
        Bulk bulk = new Bulk(Bulk.Action.RETRY, JobFilter.ANY.withKind(KIND), Bulk.MAX_JOBS);
        assertThat(jobs.preview(bulk)).isEqualTo(new Bulk.Preview(102, false, 0, 101));

        assertThat(change(bulk)).isEqualTo(new Bulk.Result(102, false, 101));

        JobPage made = memory.list(JobFilter.ANY.withStatus(JobStatus.PENDING).withLimit(1));
        AsyncJob.Pending one = (AsyncJob.Pending) made.jobs().get(0).snapshot().job();
        assertThat(Duration.between(one.createdAt(), one.eta().planned())).isEqualTo(Duration.ofSeconds(1));
        assertThat(jobs.preview(bulk)).isEqualTo(new Bulk.Preview(0, false, 102, 101));
        assertThat(change(bulk)).isEqualTo(new Bulk.Result(0, false, 101));
        assertThat(audited())
                .containsExactlyInAnyOrder("BULK_RETRY kind=" + KIND + " 102", "BULK_RETRY kind=" + KIND + " 0");
        assertThat(change(new Bulk(Bulk.Action.RETRY, JobFilter.ANY.withKind(new JobKind("other")), 1)))
                .isEqualTo(new Bulk.Result(0, false, 0));
    }

    @Test
    void jobs_are_retried_though_those_that_cannot_be_are_not_counted_in_time() {
        failed(2);
        JobStore slow = answering("notKept", () -> {
            throw new StoreUnavailable(new SQLException("too many"));
        });
        JobUseCases over = JobUseCases.over(slow, POLICY);
        Bulk bulk = new Bulk(Bulk.Action.RETRY, JobFilter.ANY.withKind(KIND), 9);

        assertThat(over.preview(bulk)).isEqualTo(new Bulk.Preview(2, false, 0, null));
        assertThat(over.change(bulk, Jobs::newId, new Intervention(UUID.randomUUID(), OTHER_OWNER, "r")))
                .isEqualTo(new Bulk.Result(2, false, null));
    }
}
