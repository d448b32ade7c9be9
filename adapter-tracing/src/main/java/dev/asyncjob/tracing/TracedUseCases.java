package dev.asyncjob.tracing;

import dev.asyncjob.application.EntryResult;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.tracing.JobSpans.Operation;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** The ports over a store, with spans of jobs that are scheduled and of outcomes. Safe for use from any thread. */
final class TracedUseCases extends JobUseCases {
    private static final String REFUSED = "refused";

    private final JobContexts contexts;
    private final JobSpans spans;

    TracedUseCases(JobStore store, WorkPolicy policy, JobContexts contexts, JobSpans spans) {
        super(store, policy);
        this.contexts = contexts;
        this.spans = spans;
    }

    @Override
    public ScheduleResult schedule(NewJob job) {
        Span span = send(job);
        return within(span, () -> {
            ScheduleResult result = super.schedule(sent(job, span));
            sent(span, result);
            return result;
        });
    }

    @Override
    public List<ScheduleResult> scheduleAll(List<NewJob> jobs) {
        List<Span> sends = jobs.stream().map(this::send).toList();
        return ending(sends, () -> {
            List<ScheduleResult> results = super.scheduleAll(
                    indices(jobs).mapToObj(i -> sent(jobs.get(i), sends.get(i))).toList());
            indices(jobs).forEach(i -> sent(sends.get(i), results.get(i)));
            return results;
        });
    }

    private Span send(NewJob job) {
        return spans.begin(Operation.SEND, job.kind().value(), job.id(), JobContexts.parentOf(job.trace()));
    }

    private static NewJob sent(NewJob job, Span span) {
        return job.withTrace(JobContexts.carried(span, job.trace()));
    }

    private static void sent(Span span, ScheduleResult result) {
        if (result instanceof ScheduleResult.Accepted accepted) {
            about(span, Operation.SEND, accepted.job()); // a repetition is about the job of the first request
        } else {
            JobSpans.failed(span, REFUSED);
        }
    }

    /** The kind is that of the job that failed, which only the store knows. */
    @Override
    public RetryResult retry(Retry retry, Intervention by) {
        Span span = spans.begin(Operation.SEND, null, retry.id(), JobContexts.parentOf(retry.trace()));
        Retry traced = new Retry(retry.of(), retry.id(), retry.key(), JobContexts.carried(span, retry.trace()));
        return within(span, () -> {
            RetryResult result = super.retry(traced, by);
            if (result instanceof RetryResult.Accepted accepted) {
                about(span, Operation.SEND, accepted.job());
            } else {
                JobSpans.failed(span, REFUSED);
            }
            return result;
        });
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        Span span = begun(report);
        return within(span, () -> settled(span, report, super.settle(report)));
    }

    @Override
    public List<EntryResult<SettleResult>> settleAll(List<OutcomeReport> reports) {
        List<Span> settles = reports.stream().map(this::begun).toList();
        return ending(settles, () -> {
            List<EntryResult<SettleResult>> results = super.settleAll(reports);
            indices(reports).forEach(i -> {
                Span span = settles.get(i);
                results.get(i).fold(answer -> settled(span, reports.get(i), answer), failure -> failed(span, failure));
            });
            return results;
        });
    }

    private Span begun(OutcomeReport report) {
        return spans.begin(Operation.SETTLE, null, report.id(), contexts.contextOf(leaseOf(report)));
    }

    private static HeldLease leaseOf(OutcomeReport report) {
        return new HeldLease(report.id(), report.token());
    }

    private SettleResult settled(Span span, OutcomeReport report, SettleResult result) {
        contexts.ended(leaseOf(report));
        return result.fold(
                job -> {
                    about(span, Operation.SETTLE, job);
                    return result;
                },
                job -> {
                    about(span, Operation.SETTLE, job);
                    JobSpans.failed(span, REFUSED);
                    return result;
                },
                () -> {
                    JobSpans.failed(span, "unknown");
                    return result;
                });
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        contexts.ended(new HeldLease(id, token));
        return super.release(id, token);
    }

    private static void about(Span span, Operation operation, JobSnapshot job) {
        JobSpans.about(span, operation, job.job());
    }

    private static Span failed(Span span, Throwable failure) {
        JobSpans.failed(span, failure.getClass().getName());
        return span;
    }

    private static IntStream indices(List<?> list) {
        return IntStream.range(0, list.size());
    }

    private static <T> T within(Span span, Supplier<T> work) {
        return ending(List.of(span), Context.current().with(span).wrapSupplier(work));
    }

    /** Ends the spans after the work, whatever it throws. */
    private static <T> T ending(List<Span> begun, Supplier<T> work) {
        try {
            return work.get();
        } catch (Throwable e) {
            begun.forEach(span -> failed(span, e));
            throw e;
        } finally {
            begun.forEach(Span::end);
        }
    }
}
