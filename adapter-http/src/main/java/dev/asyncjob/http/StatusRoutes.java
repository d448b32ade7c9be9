package dev.asyncjob.http;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.OwnedJob;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The status method (contract section 1). */
final class StatusRoutes {
    private final GetJobStatus getJobStatus;
    private final AwaitJobStatus news;
    private final StatusEvents events;
    private final HeldAnswers held;
    private final Duration maxWait;

    StatusRoutes(
            GetJobStatus getJobStatus, AwaitJobStatus news, StatusEvents events, HeldAnswers held, Duration maxWait) {
        this.getJobStatus = getJobStatus;
        this.news = news;
        this.events = events;
        this.held = held;
        this.maxWait = maxWait;
    }

    void get(Context ctx, Access access) {
        OwnedJob job = new OwnedJob(access.client(), Exchange.jobId(ctx, "asyncJobId"));
        if (ctx.method().equals(HandlerType.GET) && Representation.prefersEvents(Exchange.headers(ctx, "Accept"))) {
            events.stream(ctx, job, asItStands(job));
            return;
        }
        Optional<Duration> wait = Prefer.grantedWait(ctx, maxWait);
        if (wait.orElse(Duration.ZERO).isZero()) {
            answer(ctx, asItStands(job));
        } else {
            AwaitJobStatus.Waiting waiting = news.of(job, newsFor(ctx), wait.get());
            held.hold(ctx, waiting.answer(), waiting.hurry(), found -> answer(ctx, present(found)));
        }
    }

    private JobSnapshot asItStands(OwnedJob job) {
        return present(getJobStatus.of(job.owner(), job.id()));
    }

    private static JobSnapshot present(Optional<JobSnapshot> found) {
        return found.orElseThrow(ApiError::taskNotFound);
    }

    /** Another state than the client knows, or else the end; after the end there is no other state. */
    private static Predicate<JobSnapshot> newsFor(Context ctx) {
        List<String> known = Exchange.headers(ctx, "If-None-Match");
        return job -> job.job().status() != JobStatus.PENDING
                || (!known.isEmpty() && !EntityTag.of(JobJson.status(job)).isNamedBy(known));
    }

    /** Shows a job as the answer to a request that changed it: the same body and tag, not to be kept. */
    static void answerChange(Context ctx, JobSnapshot job) {
        byte[] body = JobJson.status(job);
        ctx.header("Cache-Control", "no-store");
        ctx.header("ETag", EntityTag.of(body).value());
        if (job.job().status() == JobStatus.PENDING) {
            ctx.header("Retry-After", Long.toString(job.retryAfter()));
        }
        Exchange.body(ctx, Errors.JSON, body);
    }

    /** Shows a job with every header that saves the client a request. */
    private static void answer(Context ctx, JobSnapshot job) {
        byte[] body = JobJson.status(job);
        EntityTag tag = EntityTag.of(body);
        ctx.header("ETag", tag.value());
        if (job.job().status() == JobStatus.PENDING) {
            ctx.header("Cache-Control", "private, no-cache");
            ctx.header("Retry-After", Long.toString(job.retryAfter()));
        } else {
            ctx.header("Cache-Control", "private, max-age=" + job.freshFor().toSeconds() + ", immutable");
        }
        if (tag.isNamedBy(Exchange.headers(ctx, "If-None-Match"))) {
            Exchange.notModified(ctx, body.length);
        } else {
            Exchange.body(ctx, Errors.JSON, body);
        }
    }
}
