package dev.asyncjob.http.internal.exchange;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobDetails;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.settings.StatusExtra;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What follows the status of a job where extras are asked for (contract section 1, "Extras"). */
record ExtraFields(
        @Nullable Double progress,
        @Nullable String message,
        @JsonRawValue @Nullable String result,
        @Nullable String code,
        @Nullable String reference) {
    static ExtraFields of(JobSnapshot job, Set<StatusExtra> extras) {
        JobDetails details = job.details();
        boolean progress = extras.contains(StatusExtra.PROGRESS);
        JobResult result = extras.contains(StatusExtra.RESULT) ? details.result() : null;
        Reference reference = extras.contains(StatusExtra.REFERENCE) ? details.reference() : null;
        return new ExtraFields(
                progress ? details.statement().progress() : null,
                progress ? details.statement().message() : null,
                result == null ? null : result.json(),
                extras.contains(StatusExtra.ERROR) && job.job() instanceof AsyncJob.Failed failed
                        ? failed.failure().code()
                        : null,
                reference == null ? null : reference.value());
    }
}
