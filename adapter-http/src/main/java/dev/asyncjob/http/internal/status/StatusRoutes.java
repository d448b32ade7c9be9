package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Prefer;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The status method (contract section 1). */
public final class StatusRoutes {
    private final GetJobStatus getJobStatus;
    private final AwaitJobStatus news;
    private final StatusEvents events;
    private final DeferredResponses held;
    private final Duration maxWait;

    public StatusRoutes(
            GetJobStatus getJobStatus,
            AwaitJobStatus news,
            StatusEvents events,
            DeferredResponses held,
            Duration maxWait) {
        this.getJobStatus = getJobStatus;
        this.news = news;
        this.events = events;
        this.held = held;
        this.maxWait = maxWait;
    }

    public void get(Context ctx, Access access) {
        JobKey job = new JobKey(access.owner(), HttpExchange.jobId(ctx, "asyncJobId"));
        if (ctx.method().equals(HandlerType.GET) && Representation.prefersEvents(HttpExchange.headers(ctx, "Accept"))) {
            events.stream(ctx, access.client(), job, asItStands(job));
            return;
        }
        Optional<Duration> wait = Prefer.grantedWait(ctx, maxWait);
        if (wait.orElse(Duration.ZERO).isZero()) {
            answer(ctx, asItStands(job));
        } else {
            AwaitJobStatus.Waiting waiting = news.awaitStatus(job, newsFor(ctx), wait.get());
            held.hold(ctx, waiting.answer(), waiting.answerNow(), found -> answer(ctx, present(found)));
        }
    }

    private JobSnapshot asItStands(JobKey job) {
        return present(getJobStatus.status(job.owner(), job.id()));
    }

    private static JobSnapshot present(Optional<JobSnapshot> found) {
        return found.orElseThrow(ApiError::taskNotFound);
    }

    /** Another state than the client knows, or else the end; after the end there is no other state. */
    private static Predicate<JobSnapshot> newsFor(Context ctx) {
        List<String> known = HttpExchange.headers(ctx, "If-None-Match");
        return job -> job.job().status() != JobStatus.PENDING
                || (!known.isEmpty() && !StatusAnswer.of(job).tag().isNamedBy(known));
    }

    /** Shows a job as the answer to a request that changed it: the same body and tag, not to be kept. */
    public static void answerChange(Context ctx, JobSnapshot job) {
        answer(ctx, StatusAnswer.of(job), "no-store");
    }

    /** Shows a job with every header that saves the client a request. */
    private static void answer(Context ctx, JobSnapshot job) {
        StatusAnswer answer = StatusAnswer.of(job);
        if (answer.tag().isNamedBy(HttpExchange.headers(ctx, "If-None-Match"))) {
            head(ctx, answer, answer.cacheControl(Duration.ZERO));
            HttpExchange.notModified(ctx, answer.body().length);
        } else {
            answer(ctx, answer, answer.cacheControl(Duration.ZERO));
        }
    }

    private static void answer(Context ctx, StatusAnswer answer, String cacheControl) {
        head(ctx, answer, cacheControl);
        HttpExchange.body(ctx, Errors.JSON, answer.body());
    }

    private static void head(Context ctx, StatusAnswer answer, String cacheControl) {
        ctx.header("ETag", answer.tag().value());
        ctx.header("Cache-Control", cacheControl);
        answer.retryAfter().ifPresent(seconds -> ctx.header("Retry-After", Long.toString(seconds)));
    }
}
