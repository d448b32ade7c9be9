package dev.asyncjob.tracing;

import static dev.asyncjob.tracing.RecordedSpans.attributes;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.client.ClaimedJob;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteHandler;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ClientTracingTest {
    private static final JobRequest.Trace TRACE =
            new JobRequest.Trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "congo=t61rcWkgMzE");

    private final RecordedSpans spans = new RecordedSpans();
    private final ClientTracing tracing = ClientTracing.with(spans.telemetry());

    private static ClaimedJob job(int attempt) {
        return new ClaimedJob(UUID.randomUUID(), "mail", "\"secret\"", attempt, List.of(), 1, TRACE);
    }

    private Outcome handle(ClaimedJob job, RemoteHandler handler) throws Exception {
        return requireNonNull(tracing.handlers(Map.of("mail", handler)).get("mail"))
                .handle(job);
    }

    @Test
    void the_first_attempt_continues_the_trace_and_its_handler_is_within_it() throws Exception {
        Outcome done = Outcome.completed("a/b", "b");
        assertThat(handle(job(1), job -> spans.in("letter", () -> done))).isSameAs(done);
        SpanData process = spans.only("process mail");
        assertThat(process.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(process.getParentSpanId()).isEqualTo("b7ad6b7169203331");
        assertThat(process.getSpanContext().getTraceState().get("congo")).isEqualTo("t61rcWkgMzE");
        assertThat(spans.only("letter").getParentSpanId()).isEqualTo(process.getSpanId());
        assertThat(attributes(process)).doesNotContainKey("error.type");
    }

    @Test
    void a_later_attempt_is_linked_to_the_trace() throws Exception {
        handle(job(2), job -> Outcome.retry("secret"));
        SpanData process = spans.only("process mail");
        assertThat(process.getTraceId()).isNotEqualTo("0af7651916cd43dd8448eb211c80319c");
        assertThat(process.getLinks())
                .singleElement()
                .satisfies(link -> assertThat(link.getSpanContext().getSpanId()).isEqualTo("b7ad6b7169203331"));
        assertThat(attributes(process)).containsEntry("error.type", "failed").containsEntry("asyncjob.attempt", 2L);
        assertThat(process.toString()).doesNotContain("secret");
    }

    @Test
    void a_handler_that_throws_has_a_span_that_failed() {
        assertThatThrownBy(() -> handle(job(1), job -> {
                    throw new IllegalStateException("secret");
                }))
                .hasMessage("secret");
        assertThat(attributes(spans.only("process mail")))
                .containsEntry("error.type", "java.lang.IllegalStateException");
        assertThat(spans.all().toString()).doesNotContain("secret");
    }

    @Test
    void a_request_continues_the_current_span() throws Exception {
        JobRequest plain = JobRequest.of("mail", "a/b");
        JobRequest continued = spans.in("order", () -> tracing.continued(plain));
        SpanData order = spans.only("order");
        assertThat(continued.trace())
                .isEqualTo(new JobRequest.Trace(
                        "00-" + order.getTraceId() + "-" + order.getSpanId() + "-"
                                + order.getSpanContext().getTraceFlags().asHex(),
                        null));
        assertThat(tracing.continued(plain)).isEqualTo(plain);
    }

    @Test
    void a_job_without_a_trace_has_a_span_too() throws Exception {
        handle(new ClaimedJob(UUID.randomUUID(), "mail", null, 1, List.of(), 1), job -> Outcome.completed("a/b", "b"));
        assertThat(spans.only("process mail").getParentSpanId()).isEqualTo("0000000000000000");
    }
}
