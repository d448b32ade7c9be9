package dev.asyncjob.metrics;

import static dev.asyncjob.testkit.Jobs.DONE;
import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.LEASE;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.domain.Workload;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JobMetricsTest {
    private final SettableClock storeClock = new SettableClock();
    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final Faulty store = new Faulty(
            new InMemoryJobStore(WorkPolicy.defaults().withMaxAttempts(2), storeClock, new LocalJobSignals()));
    private final JobMetrics metrics = JobMetrics.unstarted(registry, store, Execution.JVM);

    /** A store that can be out of order, or slow. */
    private final class Faulty extends ForwardingJobStore {
        private boolean isDown;
        private boolean isCountingDown;
        private Duration takes = Duration.ZERO;

        Faulty(JobStore store) {
            super(store);
        }

        @Override
        public Instant now() {
            if (isDown) {
                throw new StoreUnavailable(new IllegalStateException("down"));
            }
            return super.now();
        }

        @Override
        public List<Workload> workloads(int max) {
            clock.add(takes);
            if (isDown || isCountingDown) {
                throw new StoreUnavailable(new IllegalStateException("down"));
            }
            return super.workloads(max);
        }
    }

    @Test
    void a_kind_is_paused_until_it_is_resumed_also_without_jobs() {
        Intervention by = new Intervention(UUID.randomUUID(), Jobs.OWNER, "r");
        store.interventions().pause(KIND, null, by);
        store.schedule(newJob(Jobs.OTHER_KIND), EXPECTED);
        metrics.readOnce();
        assertThat(value("asyncjob.kind.paused", "kind", KIND.value())).isEqualTo(1);
        assertThat(value("asyncjob.kind.paused", "kind", Jobs.OTHER_KIND.value()))
                .isZero();

        store.interventions().resume(KIND, by);
        metrics.readOnce();
        assertThat(value("asyncjob.kind.paused", "kind", KIND.value())).isZero();
    }

    @Test
    void jobs_and_attempts_are_counted_by_kind_and_end() {
        settle(store, scheduledAndClaimed(store, newJob()), DONE);
        settle(store, scheduledAndClaimed(store, newJob()), Outcome.failed(new Failure("no")));
        NewJob cancelled = newJob();
        store.schedule(cancelled, EXPECTED);
        store.cancel(null, cancelled.id());
        scheduledAndClaimed(store, newJob().withMaxAttempts(1));
        storeClock.advance(LEASE);
        assertThat(store.failSpent(10)).isEqualTo(1);

        assertThat(value("asyncjob.jobs.accepted", "kind", KIND.value())).isEqualTo(4);
        for (String outcome : List.of("done", "failed", "cancelled", "spent")) {
            assertThat(value("asyncjob.jobs.ended", "kind", KIND.value(), "outcome", outcome))
                    .as(outcome)
                    .isEqualTo(1);
        }
        assertThat(value("asyncjob.attempts", "kind", KIND.value(), "result", "done"))
                .isEqualTo(1);
        assertThat(value("asyncjob.attempts", "kind", KIND.value(), "result", "failed"))
                .isEqualTo(1);
        assertThat(value("asyncjob.attempts", "kind", KIND.value(), "result", "lost"))
                .isEqualTo(1);
        assertThat(value("asyncjob.attempts", "kind", KIND.value(), "result", "cancelled"))
                .isZero();
        assertThat(value("asyncjob.leases.lost", "kind", KIND.value())).isEqualTo(1);
        assertThat(registry.get("asyncjob.queue.wait").timer().count()).isEqualTo(3);
    }

    @Test
    void the_time_in_the_queue_is_measured() {
        store.schedule(newJob(), EXPECTED);
        storeClock.advance(Duration.ofSeconds(90));
        store.claim(new Claim(new WorkerId("w"), Set.of(KIND), 1, LEASE));

        assertThat(registry.get("asyncjob.queue.wait").timer().totalTime(TimeUnit.SECONDS))
                .isEqualTo(90);
    }

    @Test
    void a_run_is_measured_if_its_begin_is_known() {
        metrics.attemptEnded(KIND, JobObserver.AttemptEnd.DONE, Duration.ofSeconds(7));
        metrics.attemptEnded(KIND, JobObserver.AttemptEnd.LOST, null);

        assertThat(registry.get("asyncjob.run").timer().count()).isEqualTo(1);
        assertThat(registry.get("asyncjob.run").timer().totalTime(TimeUnit.SECONDS))
                .isEqualTo(7);
    }

    @Test
    void the_share_of_jobs_that_kept_their_first_eta_is_that_of_the_last_ones() {
        metrics.accepted(KIND);
        assertThat(value("asyncjob.eta.kept.ratio", "kind", KIND.value())).isNaN();
        settle(store, scheduledAndClaimed(store, newJob()), DONE);
        assertThat(value("asyncjob.eta.kept.ratio", "kind", KIND.value())).isEqualTo(1);
        var late = scheduledAndClaimed(store, newJob());
        storeClock.advance(EXPECTED.plusMillis(1));
        settle(store, late, DONE);
        assertThat(value("asyncjob.eta.kept.ratio", "kind", KIND.value())).isEqualTo(0.5);
        NewJob cancelled = newJob();
        store.schedule(cancelled, EXPECTED);
        storeClock.advance(EXPECTED.multipliedBy(2));
        store.cancel(null, cancelled.id());
        assertThat(value("asyncjob.eta.kept.ratio", "kind", KIND.value())).isEqualTo(0.5);

        for (int i = 0; i < RecentEnds.SIZE; i++) {
            settle(store, scheduledAndClaimed(store, newJob()), DONE);
        }
        assertThat(value("asyncjob.eta.kept.ratio", "kind", KIND.value())).isEqualTo(1);
    }

    @Test
    void workers_count_for_a_minute_after_they_asked() {
        ask("w-1", KIND);
        ask("w-2", KIND, OTHER_KIND);
        ask("w-2", KIND);
        assertThat(value("asyncjob.workers", "kind", KIND.value())).isEqualTo(2);
        assertThat(value("asyncjob.workers", "kind", OTHER_KIND.value())).isEqualTo(1);
        clock.add(Duration.ofSeconds(40));
        ask("w-1", KIND);
        clock.add(Duration.ofSeconds(40));
        assertThat(value("asyncjob.workers", "kind", KIND.value())).isEqualTo(1);
        assertThat(value("asyncjob.workers", "kind", OTHER_KIND.value())).isZero();
    }

    @Test
    void workers_are_counted_up_to_a_limit() {
        for (int i = 0; i < 2 * RecentWorkers.MAX; i++) {
            ask("w-" + i, KIND);
        }
        assertThat(value("asyncjob.workers", "kind", KIND.value())).isEqualTo(RecentWorkers.MAX);
        clock.add(Duration.ofMinutes(1));
        ask("w-new", KIND);
        assertThat(value("asyncjob.workers", "kind", KIND.value())).isEqualTo(1);
    }

    @Test
    void pending_jobs_are_those_of_the_last_reading_and_kinds_without_jobs_have_none() {
        scheduledAndClaimed(store, newJob());
        store.schedule(newJob().notBefore(storeClock.instant().plusSeconds(60)), EXPECTED);
        store.schedule(newJob(OTHER_KIND), EXPECTED);
        store.schedule(newJob(OTHER_KIND), EXPECTED);
        storeClock.advance(Duration.ofSeconds(30));
        assertThat(pending(KIND, "running")).isNaN();
        assertThat(value("asyncjob.store.up")).isNaN();

        assertThat(metrics.readOnce()).isEqualTo(JobMetrics.INTERVAL);

        assertThat(value("asyncjob.store.up")).isEqualTo(1);
        assertThat(List.of(pending(KIND, "waiting"), pending(KIND, "running"), pending(KIND, "scheduled")))
                .containsExactly(0.0, 1.0, 1.0);
        assertThat(pending(OTHER_KIND, "waiting")).isEqualTo(2);
        assertThat(value("asyncjob.oldest.waiting", "kind", OTHER_KIND.value())).isEqualTo(30);
        assertThat(value("asyncjob.oldest.waiting", "kind", KIND.value())).isZero();

        store.claim(new Claim(new WorkerId("w"), Set.of(OTHER_KIND), 5, LEASE))
                .forEach(claimed -> settle(store, claimed, DONE));
        assertThat(pending(OTHER_KIND, "waiting")).isEqualTo(2);
        metrics.readOnce();
        assertThat(pending(OTHER_KIND, "waiting")).isZero();
    }

    @Test
    void numbers_of_a_store_that_is_down_are_not_shown() {
        store.schedule(newJob(), EXPECTED);
        metrics.readOnce();
        assertThat(pending(KIND, "waiting")).isEqualTo(1);

        store.isDown = true;
        metrics.readOnce();
        assertThat(value("asyncjob.store.up")).isZero();
        assertThat(pending(KIND, "waiting")).isNaN();
        assertThat(value("asyncjob.oldest.waiting", "kind", KIND.value())).isNaN();

        store.isDown = false;
        store.isCountingDown = true;
        metrics.readOnce();
        assertThat(value("asyncjob.store.up")).isEqualTo(1);
        assertThat(pending(KIND, "waiting")).isNaN();

        store.isCountingDown = false;
        metrics.readOnce();
        assertThat(pending(KIND, "waiting")).isEqualTo(1);
    }

    @Test
    void numbers_that_are_old_are_not_shown() {
        store.schedule(newJob(), EXPECTED);
        metrics.readOnce();
        clock.add(JobMetrics.STALE);
        assertThat(pending(KIND, "waiting")).isEqualTo(1);
        clock.add(Duration.ofMillis(1));
        assertThat(pending(KIND, "waiting")).isNaN();
    }

    @Test
    void a_slow_query_is_made_less_often() {
        store.takes = Duration.ofSeconds(2);
        assertThat(metrics.readOnce()).isEqualTo(Duration.ofSeconds(40));
        store.takes = Duration.ofSeconds(10);
        assertThat(metrics.readOnce()).isEqualTo(Duration.ofSeconds(60));
    }

    @Test
    void kinds_beyond_the_limit_are_counted_together() {
        for (int i = 0; i < JobMetrics.MAX_KINDS + 20; i++) {
            store.schedule(newJob(new JobKind("kind-" + i)), EXPECTED);
        }
        storeClock.advance(Duration.ofSeconds(5));
        metrics.readOnce();

        assertThat(kinds()).hasSize(JobMetrics.MAX_KINDS + 1).contains("kind-0", "kind-99", "other");
        assertThat(value("asyncjob.jobs.accepted", "kind", "other")).isEqualTo(20);
        assertThat(value("asyncjob.jobs", "kind", "other", "state", "waiting")).isEqualTo(20);
        assertThat(value("asyncjob.oldest.waiting", "kind", "other")).isEqualTo(5);
    }

    @Test
    void no_label_is_chosen_by_a_producer_but_the_kind() {
        settle(store, scheduledAndClaimed(store, newJob()), DONE);
        metrics.readOnce();

        assertThat(registry.getMeters().stream()
                        .flatMap(meter -> meter.getId().getTags().stream())
                        .filter(tag -> !Set.of("kind", "le").contains(tag.getKey()))
                        .map(tag -> tag.getKey() + "=" + tag.getValue()))
                .hasSize(11)
                .containsOnly(
                        "state=waiting",
                        "state=running",
                        "state=scheduled",
                        "outcome=done",
                        "outcome=failed",
                        "outcome=cancelled",
                        "outcome=spent",
                        "result=done",
                        "result=failed",
                        "result=cancelled",
                        "result=lost");
    }

    @Test
    void the_last_success_of_housekeeping_is_that_of_a_run_without_failures() {
        assertThat(value("asyncjob.housekeeping.last.success.timestamp")).isNaN();
        boolean[] fails = {false};
        Housekeeper housekeeper = new Housekeeper(new ForwardingJobStore(store) {
                    @Override
                    public int forget(int max) {
                        if (fails[0]) {
                            throw new StoreUnavailable(new IllegalStateException("down"));
                        }
                        return super.forget(max);
                    }
                })
                .observedBy(metrics);
        housekeeper.tidy();
        double first = clock.wallTime() / 1_000.0;
        assertThat(value("asyncjob.housekeeping.last.success.timestamp")).isCloseTo(first, within(0.001));

        clock.add(Duration.ofMinutes(5));
        fails[0] = true;
        housekeeper.tidy();
        assertThat(value("asyncjob.housekeeping.last.success.timestamp")).isCloseTo(first, within(0.001));
        fails[0] = false;
        housekeeper.tidy();
        assertThat(value("asyncjob.housekeeping.last.success.timestamp")).isCloseTo(first + 300, within(0.001));
    }

    @Test
    void readers_streams_and_remembered_answers_are_asked_at_each_scrape() {
        int[] open = {3};
        metrics.waitingReaders(() -> open[0]).eventStreams(() -> open[0] + 1).rememberedAnswers(() -> open[0] + 2);
        assertThat(value("asyncjob.waiting.readers")).isEqualTo(3);
        assertThat(value("asyncjob.event.streams")).isEqualTo(4);
        assertThat(value("asyncjob.remembered.answers")).isEqualTo(5);
        open[0] = 10;
        assertThat(value("asyncjob.waiting.readers")).isEqualTo(10);
    }

    @Test
    void bound_metrics_read_the_store_at_once_and_show_nothing_after_their_end() throws InterruptedException {
        CountDownLatch read = new CountDownLatch(2);
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        this.store.schedule(newJob(), EXPECTED);
        JobStore store = new ForwardingJobStore(this.store) {
            @Override
            public List<Workload> workloads(int max) {
                read.countDown();
                return super.workloads(max);
            }

            @Override
            public Instant now() {
                read.countDown();
                return super.now();
            }
        };
        // README: metrics
        JobMetrics metrics = JobMetrics.bind(registry, store);
        // end
        assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
        metrics.close();
        assertThat(registry.get("asyncjob.store.up").gauge().value()).isEqualTo(1);
        assertThat(registry.get("asyncjob.jobs")
                        .tags("state", "waiting")
                        .gauge()
                        .value())
                .isNaN();
    }

    private void ask(String worker, JobKind... kinds) {
        metrics.asked(new WorkerId(worker), Set.of(kinds));
    }

    private double pending(JobKind kind, String state) {
        return value("asyncjob.jobs", "kind", kind.value(), "state", state);
    }

    private double value(String name, String... tags) {
        return registry.get(name).tags(tags).meter().measure().iterator().next().getValue();
    }

    private Set<String> kinds() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .flatMap(id -> Stream.ofNullable(id.getTag("kind")))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
