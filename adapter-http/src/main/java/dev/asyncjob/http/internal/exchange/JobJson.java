package dev.asyncjob.http.internal.exchange;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.http.settings.StatusExtra;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every JSON body of the API, as nested records whose components are in the order of the contract's keys. A field
 * without a value is left out, never {@code null}.
 */
public final class JobJson {
    /** RFC 3339 in UTC with exactly three decimals; further digits are cut off. */
    static final DateTimeFormatter INSTANT =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter().withZone(ZoneOffset.UTC);

    private static final ObjectWriter WRITER = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build()
            .writer();

    private JobJson() {}

    private record Status(String eta, String id, @Nullable String doneAt, List<Link> links, String status) {}

    private record Extended(
            @JsonUnwrapped Status seen, @JsonUnwrapped ExtraFields extras) {}

    private record Leased(@JsonUnwrapped Status seen, ClaimedLease lease) {}

    record Body(Object data) {}

    private record Missing(String id, int status) {}

    record PageBody(List<?> data, Paging paging) {}

    record Paging(@Nullable String next) {}

    record Entry(
            @JsonUnwrapped Status seen,
            String kind,
            String owner,
            String createdAt,
            @Nullable Integer attempt,
            @Nullable EntryLease lease,
            @Nullable String scheduledBy,
            @Nullable String reference,
            @Nullable String retryOf) {}

    private record EntryLease(
            long token,
            String worker,
            String expiresAt,
            @Nullable Double progress) {}

    private record Link(
            String entity, @Nullable String href, @Nullable String error) {}

    private record ErrorBody(
            Meta meta, ErrorData error, @Nullable Status data) {}

    private record Meta(
            int code,
            String url,
            String type,
            @JsonProperty("request_id") String requestId) {}

    private record ErrorData(
            String type, String message, @Nullable List<InvalidEntry> invalid) {}

    private record InvalidEntry(@JsonProperty("entry_type") String entryType, String entry, List<Rule> rules) {}

    private record Rule(String rule, String description, List<String> params) {}

    private record Problem(
            String type,
            String title,
            int status,
            String detail,
            String instance,
            @JsonProperty("request_id") String requestId,
            @Nullable List<InvalidEntry> invalid,
            @Nullable Status data) {}

    private record Claimed(
            String id,
            String kind,
            @JsonRawValue @Nullable String payload,
            int attempt,
            List<Link> links,
            ClaimedLease lease,
            @Nullable String reference,
            @JsonUnwrapped @Nullable TraceContext trace) {}

    private record ClaimedLease(long token, String expiresAt) {}

    private record Erasure(long forgotten) {}

    /** The result of one of several reports. */
    public record Verdict(
            int code, @Nullable ErrorData error, @Nullable Status data) {
        /** An accepted report, with the status of its job. */
        public static Verdict of(JobSnapshot job) {
            return new Verdict(200, null, JobJson.data(job));
        }

        /** A refused report. */
        public static Verdict of(ApiError refusal) {
            return new Verdict(refusal.status(), errorData(refusal), state(refusal));
        }
    }

    /** The status body of contract section 1, with extras after the status. */
    public static byte[] status(JobSnapshot snapshot, Set<StatusExtra> extras) {
        return bytes(new Body(data(snapshot, extras)));
    }

    /** The status of a job that was born leased, with its lease. */
    public static byte[] leased(JobSnapshot snapshot, Lease lease) {
        return bytes(new Body(new Leased(data(snapshot), claimedLease(lease))));
    }

    /** The statuses of several jobs, an entry for each id: as in {@link #status}, or 404 for one that is not found. */
    public static byte[] statuses(List<JobId> ids, Map<JobId, JobSnapshot> found, Set<StatusExtra> extras) {
        return bytes(new Body(ids.stream()
                .map(id -> found.containsKey(id) ? data(found.get(id), extras) : new Missing(id.toString(), 404))
                .toList()));
    }

    private static Object data(JobSnapshot snapshot, Set<StatusExtra> extras) {
        return extras.isEmpty() ? data(snapshot) : new Extended(data(snapshot), ExtraFields.of(snapshot, extras));
    }

    private static Status data(JobSnapshot snapshot) {
        AsyncJob job = snapshot.job();
        String eta = INSTANT.format(snapshot.eta());
        return job.fold(
                pending -> data(job, eta, null, null),
                done -> data(job, eta, done.endedAt(), null),
                failed -> data(job, eta, failed.endedAt(), failed.failure()));
    }

    private static Status data(AsyncJob job, String eta, @Nullable Instant endedAt, @Nullable Failure failure) {
        String doneAt = endedAt == null ? null : INSTANT.format(endedAt);
        String error = failure == null ? null : failure.message();
        return new Status(
                eta,
                job.id().toString(),
                doneAt,
                links(job, error),
                job.status().name());
    }

    private static List<Link> links(AsyncJob job, @Nullable String error) {
        return job.links().all().stream()
                .map(link -> new Link(link.entity(), link.href(), error))
                .toList();
    }

    /**
     * One page of the list of contract section 2.
     *
     * @param next the cursor of the next page; null on the last
     */
    public static byte[] page(JobPage page, @Nullable String next) {
        return bytes(new PageBody(page.jobs().stream().map(JobJson::entry).toList(), new Paging(next)));
    }

    static Entry entry(JobPage.Entry entry) {
        AsyncJob job = entry.snapshot().job();
        return new Entry(
                data(entry.snapshot()),
                job.kind().value(),
                job.owner().value(),
                INSTANT.format(job.createdAt()),
                entry.attempts(),
                entry.lease() == null ? null : entryLease(entry.lease(), entry.progress()),
                entry.scheduledBy() == null ? null : entry.scheduledBy().value(),
                text(entry.reference()),
                entry.retryOf() == null ? null : entry.retryOf().toString());
    }

    private static EntryLease entryLease(Lease lease, @Nullable Double progress) {
        return new EntryLease(
                lease.token().value(), lease.worker().value(), INSTANT.format(lease.expiresAt()), progress);
    }

    public static byte[] claims(List<ClaimedJob> jobs) {
        return bytes(new Body(jobs.stream().map(JobJson::claimed).toList()));
    }

    private static Claimed claimed(ClaimedJob claimed) {
        AsyncJob job = claimed.job();
        return new Claimed(
                job.id().toString(),
                job.kind().value(),
                claimed.payload().equals(Payload.NONE)
                        ? null
                        : claimed.payload().json(),
                claimed.attempts().made(),
                links(job, null),
                claimedLease(claimed.lease()),
                text(claimed.reference()),
                claimed.trace());
    }

    private static @Nullable String text(@Nullable Reference reference) {
        return reference == null ? null : reference.value();
    }

    public static byte[] lease(Lease lease) {
        return bytes(new Body(claimedLease(lease)));
    }

    private static ClaimedLease claimedLease(Lease lease) {
        return new ClaimedLease(lease.token().value(), INSTANT.format(lease.expiresAt()));
    }

    /** How many jobs of an owner were forgotten. */
    public static byte[] forgotten(long jobs) {
        return bytes(new Body(new Erasure(jobs)));
    }

    /** The results of several reports, in their order. */
    public static byte[] verdicts(List<Verdict> verdicts) {
        return bytes(new Body(verdicts));
    }

    /** The error envelope of contract section 1. */
    static byte[] error(ApiError error, String url, String requestId) {
        return bytes(new ErrorBody(new Meta(error.status(), url, "object", requestId), errorData(error), state(error)));
    }

    /** The same error as problem details of RFC 9457. */
    static byte[] problem(ApiError error, String path, String requestId) {
        return bytes(new Problem(
                "urn:asyncjob:error:" + error.type(),
                error.type().replace('_', ' '),
                error.status(),
                error.message(),
                path,
                requestId,
                invalid(error),
                state(error)));
    }

    private static ErrorData errorData(ApiError error) {
        return new ErrorData(error.type(), error.message(), invalid(error));
    }

    private static @Nullable Status state(ApiError error) {
        JobSnapshot state = error.state();
        return state == null ? null : data(state);
    }

    private static @Nullable List<InvalidEntry> invalid(ApiError error) {
        return error.invalid().isEmpty()
                ? null
                : error.invalid().stream()
                        .map(part -> new InvalidEntry(
                                part.entryType(),
                                part.entry(),
                                List.of(new Rule(part.rule(), part.description(), part.params()))))
                        .toList();
    }

    static byte[] bytes(Object body) {
        try {
            return WRITER.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a wire record cannot be written", e);
        }
    }
}
