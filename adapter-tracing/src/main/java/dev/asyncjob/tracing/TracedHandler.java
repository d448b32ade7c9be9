package dev.asyncjob.tracing;

import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Statement;
import io.opentelemetry.api.trace.Span;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** A handler whose attempts have spans. Safe for use from any thread. */
final class TracedHandler implements JobHandler {
    private final JobHandler handler;
    private final JobContexts contexts;
    private final JobSpans spans;

    TracedHandler(JobHandler handler, JobContexts contexts, JobSpans spans) {
        this.handler = handler;
        this.contexts = contexts;
        this.spans = spans;
    }

    @Override
    public Outcome handle(ClaimedJob job) throws Exception {
        return traced(job, () -> handler.handle(job));
    }

    @Override
    public Outcome handle(ClaimedJob job, Consumer<Statement> readers) throws Exception {
        return traced(job, () -> handler.handle(job, readers));
    }

    private Outcome traced(ClaimedJob claimed, Callable<Outcome> work) throws Exception {
        AsyncJob.Pending job = claimed.job();
        Span span = spans.process(
                job.kind().value(), job.id(), claimed.attempts().made(), JobContexts.contextOf(claimed.trace()));
        contexts.begun(new HeldLease(job.id(), claimed.lease().token()), span.getSpanContext());
        return JobSpans.within(span, () -> {
            Outcome outcome = work.call();
            if (outcome instanceof Outcome.Failed failed) {
                JobSpans.failed(span, failed.retry() ? "retry" : "failed");
            }
            return outcome;
        });
    }
}
