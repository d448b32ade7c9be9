package dev.asyncjob.http;

import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import io.javalin.http.Context;
import java.time.Duration;

/** The status method (contract section 1). */
final class StatusRoutes {
    private final GetJobStatus getJobStatus;

    StatusRoutes(GetJobStatus getJobStatus) {
        this.getJobStatus = getJobStatus;
    }

    void get(Context ctx, Access access) {
        JobId id = Exchange.jobId(ctx, "asyncJobId");
        JobSnapshot job = getJobStatus.of(access.client(), id).orElseThrow(ApiError::taskNotFound);
        answer(ctx, job);
    }

    /** Shows a job as the answer to a request that changed it: the same body and tag, not to be kept. */
    static void answerChange(Context ctx, JobSnapshot job) {
        byte[] body = JobJson.status(job);
        ctx.header("Cache-Control", "no-store");
        ctx.header("ETag", EntityTag.of(body).value());
        if (job.job().status() == JobStatus.PENDING) {
            ctx.header("Retry-After", Long.toString(retryAfter(job)));
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
            ctx.header("Retry-After", Long.toString(retryAfter(job)));
        } else {
            ctx.header("Cache-Control", "private, max-age=" + job.freshFor().toSeconds() + ", immutable");
        }
        if (tag.isNamedBy(Exchange.headers(ctx, "If-None-Match"))) {
            Exchange.notModified(ctx, body.length);
        } else {
            Exchange.body(ctx, Errors.JSON, body);
        }
    }

    /** Whole seconds until {@code eta}, rounded up, at least 1. */
    private static long retryAfter(JobSnapshot job) {
        Duration wait = Duration.between(job.asOf(), job.eta());
        return Math.max(1, wait.plusMillis(999).toSeconds());
    }
}
