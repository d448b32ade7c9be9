package dev.asyncjob.http.internal.status;

import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.JobJson;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * How a job is shown to its owner (contract section 1): a body, its tag, and what saves the next request. Immutable.
 */
final class StatusAnswer {
    private final JobSnapshot job;
    private final byte[] body;
    private final EntityTag tag;

    private StatusAnswer(JobSnapshot job, byte[] body) {
        this.job = job;
        this.body = body;
        this.tag = EntityTag.of(body);
    }

    static StatusAnswer of(JobSnapshot job) {
        return new StatusAnswer(job, JobJson.status(job));
    }

    /** The body's bytes, which nobody changes. */
    byte[] body() {
        return body;
    }

    EntityTag tag() {
        return tag;
    }

    boolean isPending() {
        return job.job().status() == JobStatus.PENDING;
    }

    /** How long the answer that is {@code age} old stays true without asking again; never, while pending. */
    Duration freshFor(Duration age) {
        return job.freshFor().minus(age);
    }

    /** The {@code Cache-Control} of the answer when it is {@code age} old. */
    String cacheControl(Duration age) {
        return isPending()
                ? "private, no-cache"
                : "private, max-age=" + freshFor(age).toSeconds() + ", immutable";
    }

    /** The {@code Retry-After}, while there is something to come back for. */
    OptionalLong retryAfter() {
        return isPending() ? OptionalLong.of(job.retryAfter()) : OptionalLong.empty();
    }
}
