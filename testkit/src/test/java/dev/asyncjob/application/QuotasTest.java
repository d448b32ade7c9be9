package dev.asyncjob.application;

import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class QuotasTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final AtomicLong nanos = new AtomicLong();
    private final CountingStore store = new CountingStore();

    /** A store that says what it is told to, and how often it was asked. */
    private final class CountingStore extends ForwardingJobStore {
        Backlog pending = new Backlog(0, 0);
        Duration takes = Duration.ZERO;
        Runnable during = () -> {};
        boolean down;
        int counts;

        CountingStore() {
            super(new InMemoryJobStore(WorkPolicy.defaults(), new SettableClock(), new LocalJobSignals()));
        }

        @Override
        public Backlog backlog(Owner client, int max) {
            counts++;
            nanos.addAndGet(takes.toNanos());
            if (down) {
                throw new StoreUnavailable(new IllegalStateException("down"));
            }
            during.run();
            return pending;
        }
    }

    private Quotas quotas(long jobs, long bytes) {
        return new Quotas(store, new Backlog(jobs, bytes), new GivenTime(nanos::get));
    }

    private static long admitted(Quotas quotas, int tries) {
        return IntStream.range(0, tries)
                .filter(i -> quotas.refuse(newJob()).isEmpty())
                .count();
    }

    private void passes(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void a_client_is_refused_above_its_number_of_jobs() {
        Quotas quotas = quotas(10, Long.MAX_VALUE);
        store.pending = new Backlog(7, 0);

        assertThat(admitted(quotas, 5)).isEqualTo(3);
        assertThat(quotas.refuse(newJob()))
                .contains(new ScheduleResult.OverQuota(new Backlog(10, Long.MAX_VALUE), true, SECOND));
    }

    @Test
    void a_client_is_refused_above_its_bytes_and_still_admitted_with_less() {
        Quotas quotas = quotas(Long.MAX_VALUE, 100);
        store.pending = new Backlog(1, 90);

        assertThat(quotas.refuse(newJob().withPayload(new Payload("12345678901")))
                        .map(refusal -> ((ScheduleResult.OverQuota) refusal).ofJobs()))
                .contains(false);
        assertThat(quotas.refuse(newJob().withPayload(new Payload("1234567890"))))
                .isEmpty();
        assertThat(quotas.refuse(newJob())).isPresent();
    }

    @Test
    void the_users_of_a_client_share_its_quota_and_other_clients_do_not() {
        Quotas quotas = quotas(2, Long.MAX_VALUE);
        NewJob job = newJob();

        assertThat(quotas.refuse(job.scheduledBy(new Owner("a/1")))).isEmpty();
        assertThat(quotas.refuse(job.scheduledBy(new Owner("a/2")))).isEmpty();
        assertThat(quotas.refuse(job.scheduledBy(new Owner("a")))).isPresent();
        assertThat(quotas.refuse(job.scheduledBy(new Owner("b")))).isEmpty();
    }

    @Test
    void a_client_far_below_its_quota_is_counted_once_for_a_tenth_of_it() {
        Quotas quotas = quotas(10_000, Long.MAX_VALUE);

        assertThat(admitted(quotas, 1)).isEqualTo(1);
        passes(SECOND);
        assertThat(admitted(quotas, 999)).isEqualTo(999);
        assertThat(store.counts).isEqualTo(1);

        assertThat(admitted(quotas, 1)).isEqualTo(1);
        assertThat(store.counts).isEqualTo(2);
    }

    @Test
    void a_client_near_its_quota_is_counted_before_it_is_reached() {
        Quotas quotas = quotas(100, Long.MAX_VALUE);
        store.pending = new Backlog(92, 0);
        admitted(quotas, 4);
        store.pending = new Backlog(50, 0); // jobs have ended meanwhile
        passes(SECOND);

        assertThat(admitted(quotas, 1)).isEqualTo(1);
        assertThat(store.counts).isEqualTo(2);
        assertThat(admitted(quotas, 10)).isEqualTo(10);
    }

    @Test
    void a_refused_client_is_counted_once_a_second_and_admitted_when_jobs_have_ended() {
        Quotas quotas = quotas(5, Long.MAX_VALUE);
        store.pending = new Backlog(5, 0);
        assertThat(admitted(quotas, 100)).isZero();
        store.pending = new Backlog(3, 0);
        passes(SECOND.minusNanos(1));
        assertThat(admitted(quotas, 100)).isZero();
        assertThat(store.counts).isEqualTo(1);

        passes(Duration.ofNanos(1));

        assertThat(admitted(quotas, 100)).isEqualTo(2);
        assertThat(store.counts).isEqualTo(2);
    }

    @Test
    void a_count_that_takes_long_is_repeated_less_often() {
        Quotas quotas = quotas(5, Long.MAX_VALUE);
        store.pending = new Backlog(5, 0);
        store.takes = SECOND;

        assertThat(quotas.refuse(newJob()).map(refusal -> ((ScheduleResult.OverQuota) refusal).retryAfter()))
                .contains(Duration.ofSeconds(10));
        passes(Duration.ofSeconds(9));
        assertThat(admitted(quotas, 3)).isZero();
        assertThat(store.counts).isEqualTo(1);
    }

    @Test
    void jobs_that_are_scheduled_during_a_count_stay_in_the_estimate_and_wait_for_nothing() {
        Quotas quotas = quotas(5, Long.MAX_VALUE);
        store.during = () -> assertThat(admitted(quotas, 2)).isEqualTo(2);

        assertThat(admitted(quotas, 10)).isEqualTo(3);
        assertThat(store.counts).isEqualTo(1);
    }

    @Test
    void a_count_that_fails_is_tried_again_after_a_second() {
        Quotas quotas = quotas(5, Long.MAX_VALUE);
        store.down = true;
        assertThatThrownBy(() -> quotas.refuse(newJob())).isInstanceOf(StoreUnavailable.class);
        assertThat(admitted(quotas, 10)).isEqualTo(5);
        store.down = false;
        passes(SECOND);

        store.pending = new Backlog(4, 0);
        assertThat(admitted(quotas, 10)).isEqualTo(1);
    }

    @Test
    void without_quota_nothing_is_counted() {
        Quotas quotas = new Quotas(store, Backlog.UNLIMITED, new GivenTime(nanos::get));

        assertThat(admitted(quotas, 1000)).isEqualTo(1000);
        assertThat(store.counts).isZero();
    }

    @Test
    void clients_without_end_do_not_fill_the_memory() {
        Quotas quotas = quotas(1, Long.MAX_VALUE);
        IntStream.range(0, Quotas.MAX_CLIENTS)
                .forEach(i -> quotas.refuse(newJob().scheduledBy(new Owner("client-" + i))));
        assertThat(quotas.known()).isEqualTo(Quotas.MAX_CLIENTS);

        var unused = quotas.refuse(newJob());

        assertThat(quotas.known()).isEqualTo(1);
    }

    @Test
    void a_producer_refuses_new_jobs_alone_and_repeats_old_ones() {
        WorkPolicy policy = WorkPolicy.defaults().withQuota(new Backlog(2, Long.MAX_VALUE));
        JobUseCases jobs =
                JobUseCases.over(new InMemoryJobStore(policy, new SettableClock(), new LocalJobSignals()), policy);
        NewJob first = newJob();
        ScheduleResult answer = jobs.schedule(first);

        List<NewJob> all = List.of(first, newJob(), newJob(), newJob().scheduledBy(new Owner("other")));
        List<ScheduleResult> results = jobs.scheduleAll(all);

        assertThat(results.get(0)).isEqualTo(answer);
        assertThat(results.get(2)).isInstanceOf(ScheduleResult.OverQuota.class);
        accepted(results.get(3));
        assertThat(jobs.status(OWNER, all.get(2).id())).isEmpty();
        assertThat(jobs.schedule(first)).isEqualTo(answer);
    }
}
