package dev.asyncjob.http.internal.work;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.JobJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON bodies for workers, as records in the manner of {@link JobJson}. */
final class WorkerJson {
    private WorkerJson() {}

    private record ClaimsBody(List<Claimed> data) {}

    private record Claimed(
            String id,
            String kind,
            @JsonRawValue @Nullable String payload,
            int attempt,
            List<JobJson.Link> links,
            ClaimedLease lease) {}

    private record LeaseBody(ClaimedLease data) {}

    private record ClaimedLease(long token, String expiresAt) {}

    private record VerdictsBody(List<Verdict> data) {}

    /** The result of one of several reports. */
    record Verdict(int code, JobJson.@Nullable ErrorData error, JobJson.@Nullable Status data) {}

    /** Claimed jobs with their leases. */
    static byte[] claims(List<ClaimedJob> jobs) {
        return JobJson.bytes(
                new ClaimsBody(jobs.stream().map(WorkerJson::claimed).toList()));
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
                job.links().all().stream().map(link -> JobJson.link(link, null)).toList(),
                claimedLease(claimed.lease()));
    }

    /** A renewed lease. */
    static byte[] lease(Lease lease) {
        return JobJson.bytes(new LeaseBody(claimedLease(lease)));
    }

    private static ClaimedLease claimedLease(Lease lease) {
        return new ClaimedLease(lease.token().value(), JobJson.INSTANT.format(lease.expiresAt()));
    }

    /** An accepted report, with the status of its job. */
    static Verdict verdict(JobSnapshot job) {
        return new Verdict(200, null, JobJson.data(job));
    }

    /** A refused report. */
    static Verdict verdict(ApiError error) {
        return new Verdict(error.status(), JobJson.errorData(error), JobJson.state(error));
    }

    /** The results of several reports, in their order. */
    static byte[] verdicts(List<Verdict> verdicts) {
        return JobJson.bytes(new VerdictsBody(verdicts));
    }
}
