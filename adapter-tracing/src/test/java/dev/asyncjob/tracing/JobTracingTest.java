package dev.asyncjob.tracing;

import static dev.asyncjob.testkit.Jobs.DONE;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.tracing.RecordedSpans.attributes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class JobTracingTest {
    private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    private static final String CALLER_ID = "b7ad6b7169203331";
    private static final TraceContext CALLER =
            new TraceContext("00-" + TRACE_ID + "-" + CALLER_ID + "-01", "congo=t61rcWkgMzE");
    private static final String SEND = "send " + KIND.value();
    private static final String PROCESS = "process " + KIND.value();
    private static final String SETTLE = "settle " + KIND.value();
    private static final String NO_PARENT = "0000000000000000";

    private final SettableClock clock = new SettableClock();
    private final WorkPolicy policy = WorkPolicy.defaults().withFailedPayload(Duration.ofDays(1));
    private final Faulty store = new Faulty(new InMemoryJobStore(policy, clock, new LocalJobSignals()));
    private final RecordedSpans spans = new RecordedSpans();
    private final JobTracing tracing = JobTracing.with(spans.telemetry());
    private final JobUseCases jobs = tracing.useCases(store, policy);

    /** A store that can be out of order. */
    private static final class Faulty extends ForwardingJobStore {
        private boolean isDown;

        Faulty(JobStore store) {
            super(store);
        }

        @Override
        public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> batch) {
            if (isDown) {
                throw new StoreUnavailable(new IllegalStateException("secret text"));
            }
            return super.scheduleBatch(batch);
        }
    }

    private int work(JobUseCases of, JobTracing with, JobHandler handler) {
        try (JobWorker worker = new JobWorker(
                of, new LocalJobSignals(), with.handlers(Map.of(KIND, handler)), WorkerSettings.named("w"))) {
            return worker.runDueJobs();
        }
    }

    private int work(JobHandler handler) {
        return work(jobs, tracing, handler);
    }

    private static String trace(NewJob job, ClaimedJob claimed) {
        assertThat(claimed.job().id()).isEqualTo(job.id());
        return claimed.trace() == null ? "" : claimed.trace().traceparent();
    }

    private static String traceparent(SpanData span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getSpanContext().getTraceFlags().asHex();
    }

    @Test
    void a_job_has_a_span_for_its_schedule_its_attempt_and_its_outcome_in_one_trace() {
        NewJob job = newJob();
        jobs.schedule(job);
        assertThat(work(claimed -> DONE)).isEqualTo(1);

        assertThat(spans.names()).containsExactly(SEND, PROCESS, SETTLE);
        SpanData send = spans.only(SEND);
        SpanData process = spans.only(PROCESS);
        SpanData settle = spans.only(SETTLE);
        assertThat(send.getKind()).isEqualTo(SpanKind.PRODUCER);
        assertThat(process.getKind()).isEqualTo(SpanKind.CONSUMER);
        assertThat(settle.getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(send.getParentSpanId()).isEqualTo(NO_PARENT);
        assertThat(process.getParentSpanId()).isEqualTo(send.getSpanId());
        assertThat(process.getLinks()).isEmpty();
        assertThat(settle.getParentSpanId()).isEqualTo(process.getSpanId());
        assertThat(spans.all()).allSatisfy(span -> {
            assertThat(span.getTraceId()).isEqualTo(send.getTraceId());
            assertThat(span.getStatus()).isEqualTo(StatusData.unset());
        });
        String id = job.id().toString();
        assertThat(attributes(send))
                .containsOnly(
                        entry("messaging.system", "asyncjob"),
                        entry("messaging.operation.name", "send"),
                        entry("messaging.operation.type", "send"),
                        entry("messaging.destination.name", KIND.value()),
                        entry("messaging.message.id", id));
        assertThat(attributes(process))
                .containsOnly(
                        entry("messaging.system", "asyncjob"),
                        entry("messaging.operation.name", "process"),
                        entry("messaging.operation.type", "process"),
                        entry("messaging.destination.name", KIND.value()),
                        entry("messaging.message.id", id),
                        entry("asyncjob.attempt", 1L));
        assertThat(attributes(settle))
                .containsOnly(
                        entry("messaging.system", "asyncjob"),
                        entry("messaging.operation.name", "settle"),
                        entry("messaging.operation.type", "settle"),
                        entry("messaging.destination.name", KIND.value()),
                        entry("messaging.message.id", id));
        assertThat(tracing.contexts().remembered()).isZero();
    }

    @Test
    void a_job_continues_the_trace_that_it_names() {
        NewJob job = newJob().withTrace(CALLER);
        jobs.schedule(job);
        SpanData send = spans.only(SEND);
        assertThat(send.getTraceId()).isEqualTo(TRACE_ID);
        assertThat(send.getParentSpanId()).isEqualTo(CALLER_ID);
        ClaimedJob claimed = Jobs.claimed(store, job.id());
        assertThat(claimed.trace()).isEqualTo(new TraceContext(traceparent(send), "congo=t61rcWkgMzE"));
    }

    @Test
    void a_job_continues_the_current_span_of_the_caller() throws Exception {
        NewJob job = newJob();
        spans.in("order", () -> jobs.schedule(job));
        assertThat(spans.only(SEND).getParentSpanId())
                .isEqualTo(spans.only("order").getSpanId());
        assertThat(trace(job, claimFrom(store, 1).get(0))).isEqualTo(traceparent(spans.only(SEND)));
    }

    @Test
    void the_current_span_is_nearer_than_the_trace_that_it_is_in_but_not_than_another_one() throws Exception {
        spans.in("order", () -> {
            TraceContext here = requireNonNull(JobContexts.carried(Span.current(), null));
            TraceContext sameTrace = new TraceContext("00-" + here.traceId() + "-" + CALLER_ID + "-01", null);
            return jobs.schedule(newJob().withTrace(sameTrace));
        });
        assertThat(spans.only(SEND).getParentSpanId())
                .isEqualTo(spans.only("order").getSpanId());
        spans.forget();
        spans.in("order", () -> jobs.schedule(newJob().withTrace(CALLER)));
        assertThat(spans.only(SEND).getParentSpanId()).isEqualTo(CALLER_ID);
    }

    @Test
    void a_later_attempt_is_a_trace_of_its_own_with_a_link_to_the_schedule() {
        jobs.schedule(newJob());
        SpanData send = spans.only(SEND);
        work(claimed -> Outcome.retry(new Failure("secret text")));
        assertThat(spans.only(PROCESS).getParentSpanId()).isEqualTo(send.getSpanId());
        spans.forget();
        clock.advance(Duration.ofHours(1));
        work(claimed -> DONE);
        SpanData process = spans.only(PROCESS);
        assertThat(process.getParentSpanId()).isEqualTo(NO_PARENT);
        assertThat(process.getTraceId()).isNotEqualTo(send.getTraceId());
        assertThat(process.getLinks()).singleElement().satisfies(link -> {
            assertThat(link.getSpanContext().getTraceId()).isEqualTo(send.getTraceId());
            assertThat(link.getSpanContext().getSpanId()).isEqualTo(send.getSpanId());
        });
        assertThat(attributes(process)).containsEntry("asyncjob.attempt", 2L);
        assertThat(spans.only(SETTLE).getParentSpanId()).isEqualTo(process.getSpanId());
    }

    @Test
    void an_attempt_at_a_job_without_a_trace_is_a_trace_of_its_own() {
        store.schedule(newJob(), Jobs.EXPECTED);
        work(claimed -> Outcome.retry(new Failure("later")));
        clock.advance(Duration.ofHours(1));
        work(claimed -> DONE);
        assertThat(spans.all())
                .filteredOn(span -> span.getName().equals(PROCESS))
                .hasSize(2)
                .allSatisfy(span -> {
                    assertThat(span.getParentSpanId()).isEqualTo(NO_PARENT);
                    assertThat(span.getLinks()).isEmpty();
                });
    }

    @Test
    void what_a_handler_does_is_within_its_span() throws Exception {
        jobs.schedule(newJob());
        List<Statement> stated = new ArrayList<>();
        JobHandler handler = JobHandler.withProgress((job, readers) -> {
            readers.accept(Statement.NONE);
            return spans.in("letter", () -> DONE);
        });
        Consumer<Statement> readers = stated::add;
        JobHandler traced =
                requireNonNull(tracing.handlers(Map.of(KIND, handler)).get(KIND));
        ClaimedJob job = claimFrom(store, 1).get(0);
        assertThat(traced.handle(job, readers)).isEqualTo(DONE);
        assertThat(stated).hasSize(1);
        assertThat(spans.only("letter").getParentSpanId())
                .isEqualTo(spans.only(PROCESS).getSpanId());
    }

    @Test
    void failures_are_in_the_spans_without_their_texts() {
        jobs.schedule(newJob());
        jobs.schedule(newJob());
        jobs.schedule(newJob());
        List<JobHandler> handlers = new ArrayList<>(List.of(
                job -> Outcome.failed(new Failure("secret text")),
                job -> Outcome.retry(new Failure("secret text")),
                job -> {
                    throw new IllegalStateException("secret text");
                }));
        work(job -> handlers.remove(0).handle(job));
        List<SpanData> processes = spans.all().stream()
                .filter(span -> span.getName().equals(PROCESS))
                .toList();
        assertThat(processes)
                .extracting(span -> attributes(span).get("error.type"))
                .containsExactly("failed", "retry", "java.lang.IllegalStateException");
        assertThat(processes).allSatisfy(span -> assertThat(span.getStatus()).isEqualTo(StatusData.error()));
        assertThat(spans.all().toString()).doesNotContain("secret");
    }

    @Test
    void no_span_has_an_owner_links_a_payload_or_a_reference() {
        jobs.schedule(newJob().withPayload(new Payload("{\"patient\":\"secret-payload\"}"))
                .withReference(new Reference("secret-reference"))
                .scheduledBy(new Owner("secret-client")));
        work(claimed -> DONE);
        assertThat(spans.all().toString())
                .contains(KIND.value())
                .doesNotContain("secret", Jobs.OWNER.value(), "eHealth", "0daaad78-6cfb-11ea-9cd6-afab698838bc");
    }

    @Test
    void many_jobs_have_a_span_each() {
        NewJob first = newJob();
        NewJob second = newJob().withTrace(CALLER);
        NewJob contradiction = NewJob.of(first.id(), Jobs.OTHER_OWNER, KIND, Jobs.LINKS);
        jobs.scheduleAll(List.of(first, second));
        jobs.scheduleAll(List.of(contradiction));
        assertThat(spans.all())
                .extracting(span -> attributes(span).get("messaging.message.id"))
                .containsExactly(
                        first.id().toString(),
                        second.id().toString(),
                        first.id().toString());
        assertThat(spans.all().get(1).getTraceId()).isEqualTo(TRACE_ID);
        assertThat(attributes(spans.all().get(2))).containsEntry("error.type", "refused");
        assertThat(claimFrom(store, 2))
                .extracting(claimed -> trace(claimed.job().id().equals(first.id()) ? first : second, claimed))
                .containsExactlyInAnyOrder(
                        traceparent(spans.all().get(0)), traceparent(spans.all().get(1)));
    }

    @Test
    void a_job_that_the_store_does_not_take_has_a_span_that_failed() {
        store.isDown = true;
        assertThatThrownBy(() -> jobs.schedule(newJob())).isInstanceOf(StoreUnavailable.class);
        SpanData send = spans.only(SEND);
        assertThat(send.getStatus()).isEqualTo(StatusData.error());
        assertThat(attributes(send)).containsEntry("error.type", StoreUnavailable.class.getName());
    }

    @Test
    void the_span_of_a_repeated_request_names_the_job_of_the_first() {
        IdempotencyKey key = IdempotencyKey.of(Jobs.OWNER, "order-17", "request");
        NewJob first = newJob().withIdempotencyKey(key);
        jobs.schedule(first);
        spans.forget();

        jobs.schedule(newJob().withIdempotencyKey(key));
        assertThat(attributes(spans.only(SEND)))
                .containsEntry("messaging.message.id", first.id().toString());
    }

    @Test
    void a_retry_is_a_schedule() throws Exception {
        NewJob old = newJob();
        jobs.schedule(old);
        work(claimed -> Outcome.failed(new Failure("for good")));
        spans.forget();
        Retry retry = new Retry(old.id(), Jobs.newId(), null, null);
        spans.in("click", () -> jobs.retry(retry, new Intervention(UUID.randomUUID(), new Owner("boss"), "r1")));
        SpanData send = spans.only(SEND);
        assertThat(send.getParentSpanId()).isEqualTo(spans.only("click").getSpanId());
        assertThat(attributes(send))
                .containsEntry("messaging.message.id", retry.id().toString())
                .containsEntry("messaging.destination.name", KIND.value());
        ClaimedJob again = Jobs.claimed(store, retry.id());
        assertThat(again.trace()).isEqualTo(new TraceContext(traceparent(send), null));
        jobs.retry(
                new Retry(Jobs.newId(), Jobs.newId(), null, null),
                new Intervention(UUID.randomUUID(), new Owner("boss"), "r2"));
        assertThat(attributes(spans.only("send"))).containsEntry("error.type", "refused");
    }

    @Test
    void an_outcome_of_another_process_continues_the_current_span() throws Exception {
        store.schedule(newJob(), Jobs.EXPECTED);
        ClaimedJob claimed = claimFrom(store, 1).get(0);
        OutcomeReport report =
                new OutcomeReport(claimed.job().id(), claimed.lease().token(), DONE);
        spans.in("POST", () -> jobs.settle(report));
        assertThat(spans.only(SETTLE).getParentSpanId())
                .isEqualTo(spans.only("POST").getSpanId());
    }

    @Test
    void an_outcome_that_is_refused_or_of_no_job_has_a_span_that_failed() {
        store.schedule(newJob(), Jobs.EXPECTED);
        ClaimedJob claimed = claimFrom(store, 1).get(0);
        jobs.settleAll(List.of(
                new OutcomeReport(claimed.job().id(), new LeaseToken(1 << 20), DONE),
                new OutcomeReport(Jobs.newId(), claimed.lease().token(), DONE)));
        assertThat(attributes(spans.only(SETTLE))).containsEntry("error.type", "refused");
        assertThat(attributes(spans.only("settle"))).containsEntry("error.type", "unknown");
    }

    @Test
    void a_release_forgets_the_attempt_and_not_more_than_a_bound_are_remembered() {
        store.schedule(newJob(), Jobs.EXPECTED);
        ClaimedJob claimed = claimFrom(store, 1).get(0);
        HeldLease lease = new HeldLease(claimed.job().id(), claimed.lease().token());
        tracing.contexts().begun(lease, SpanContext.getInvalid());
        assertThat(tracing.contexts().remembered()).isEqualTo(1);
        jobs.release(lease.id(), lease.token());
        assertThat(tracing.contexts().remembered()).isZero();
        for (int i = 0; i < JobContexts.MAX_REMEMBERED + 2; i++) {
            tracing.contexts().begun(new HeldLease(Jobs.newId(), new LeaseToken(1)), SpanContext.getInvalid());
        }
        assertThat(tracing.contexts().remembered()).isEqualTo(JobContexts.MAX_REMEMBERED);
    }

    @Test
    void a_span_that_is_not_sampled_changes_nothing_of_the_trace_that_a_job_continues() {
        RecordedSpans none = new RecordedSpans(Sampler.alwaysOff());
        JobUseCases unsampled = JobTracing.with(none.telemetry()).useCases(store, policy);
        NewJob job = newJob().withTrace(CALLER);
        unsampled.schedule(job);
        assertThat(Jobs.claimed(store, job.id()).trace()).isEqualTo(CALLER);
        NewJob root = newJob();
        unsampled.schedule(root);
        TraceContext carried = requireNonNull(Jobs.claimed(store, root.id()).trace());
        assertThat(Integer.parseInt(carried.traceparent().substring(53), 16) & 1)
                .isZero();
        assertThat(none.all()).isEmpty();
    }

    @Test
    void without_an_implementation_of_the_api_nothing_changes() {
        JobTracing off = JobTracing.with(OpenTelemetry.noop());
        JobUseCases plain = off.useCases(store, policy);
        NewJob traced = newJob().withTrace(CALLER);
        plain.schedule(traced);
        plain.schedule(newJob());
        List<TraceContext> traces = new ArrayList<>();
        assertThat(work(plain, off, job -> {
                    traces.add(job.trace());
                    return DONE;
                }))
                .isEqualTo(2);
        assertThat(traces).containsExactlyInAnyOrder(CALLER, null);
        assertThat(spans.all()).isEmpty();
    }
}
