package dev.asyncjob.http.internal.status;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.settings.StatusExtra;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;

/**
 * The header fields and the body of the status of many jobs (contract section 1, "Many jobs"). Immutable.
 *
 * @param pending those of the jobs that have not ended
 * @param body an entry for each id; callers must not change it
 * @param tag the entity tag of the body
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
record StatusesAnswer(List<JobSnapshot> pending, byte[] body, EntityTag tag) {
    static StatusesAnswer of(List<JobId> ids, List<JobSnapshot> read, Set<StatusExtra> extras) {
        Map<JobId, JobSnapshot> found = new HashMap<>();
        read.forEach(job -> found.put(job.job().id(), job));
        byte[] body = JobJson.statuses(ids, found, extras);
        List<JobSnapshot> pending = read.stream()
                .filter(job -> job.job().status() == JobStatus.PENDING)
                .toList();
        return new StatusesAnswer(pending, body, EntityTag.of(body));
    }

    /**
     * The jobs to wait for. With a known tag a change of any ends the wait; without one the end of any does, and there
     * is nothing to wait for if one has ended or is not there.
     */
    List<JobSnapshot> awaited(int jobs, List<String> known) {
        return (known.isEmpty() ? pending.size() == jobs : tag.isNamedBy(known)) ? pending : List.of();
    }

    /** The answer to a read; 304 if {@code known}, the lines of {@code If-None-Match}, name this. */
    Answer toRead(List<String> known) {
        List<HttpField> fields = new ArrayList<>(3);
        fields.add(new HttpField(HttpHeader.ETAG, tag.value()));
        fields.add(new HttpField(HttpHeader.CACHE_CONTROL, "private, no-cache"));
        pending.stream()
                .mapToLong(JobSnapshot::retryAfter)
                .min()
                .ifPresent(seconds -> fields.add(new HttpField(HttpHeader.RETRY_AFTER, Long.toString(seconds))));
        Answer full = new Answer(200, fields, Answer.JSON, body);
        return tag.isNamedBy(known) ? full.notModified() : full;
    }
}
