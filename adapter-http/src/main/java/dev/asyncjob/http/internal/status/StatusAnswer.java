package dev.asyncjob.http.internal.status;

import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.settings.StatusExtra;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;

/**
 * The one place that decides the header fields and the body of a job's status (contract section 1). Immutable.
 *
 * <p>To change a header of the status response, change {@link #answer}.
 *
 * @param job the job as it was read
 * @param body the body's bytes; callers must not change them
 * @param tag the entity tag of the body
 */
@SuppressWarnings("ArrayRecordComponent") // status answers are not compared, and a copy would cost each read
public record StatusAnswer(JobSnapshot job, byte[] body, EntityTag tag) {
    /** The status of a job as it was read, without extras. */
    public static StatusAnswer of(JobSnapshot job) {
        return of(job, Set.of());
    }

    /** The status of a job as it was read, with extras. */
    static StatusAnswer of(JobSnapshot job, Set<StatusExtra> extras) {
        byte[] body = JobJson.status(job, extras);
        JobSnapshot seen = job.details().equals(JobDetails.NONE) ? job : new JobSnapshot(job.job(), job.asOf());
        return new StatusAnswer(seen, body, EntityTag.of(body)); // a cached answer must not hold a result as well
    }

    /** The same with a lease as the last field of the body; the tag stays that of the status. */
    public StatusAnswer withLease(Lease lease) {
        return new StatusAnswer(job, JobJson.leased(job, lease), tag);
    }

    boolean isPending() {
        return job.job().status() == JobStatus.PENDING;
    }

    /** The time for which this, read {@code age} ago, need not be read again. */
    Duration freshFor(Duration age) {
        return job.freshFor().minus(age);
    }

    String cacheControl(Duration age) {
        return isPending()
                ? "private, no-cache"
                : "private, max-age=" + freshFor(age).toSeconds() + ", immutable";
    }

    /**
     * The answer to a read.
     *
     * @param age the time since the job was read
     * @param ifNoneMatch the lines of the request's {@code If-None-Match}; if they name this status, the answer is 304
     */
    Answer toRead(Duration age, List<String> ifNoneMatch) {
        Answer full = answer(200, cacheControl(age));
        return !ifNoneMatch.isEmpty() && tag.isNamedBy(ifNoneMatch) ? full.notModified() : full;
    }

    /** The answer to a request that changed the job: the same body and tag, but not to be kept. */
    public Answer toChange(int status) {
        return answer(status, "no-store");
    }

    private Answer answer(int status, String cacheControl) {
        List<HttpField> fields = new ArrayList<>(3);
        fields.add(new HttpField(HttpHeader.ETAG, tag.value()));
        fields.add(new HttpField(HttpHeader.CACHE_CONTROL, cacheControl));
        if (isPending()) {
            fields.add(new HttpField(HttpHeader.RETRY_AFTER, Long.toString(job.retryAfter())));
        }
        return new Answer(status, fields, Answer.JSON, body);
    }
}
