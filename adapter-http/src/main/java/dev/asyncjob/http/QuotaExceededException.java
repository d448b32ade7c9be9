package dev.asyncjob.http;

import dev.asyncjob.domain.ScheduleResult;

/** A client may have no further pending jobs; the request is answered 429 with {@code Retry-After}. */
public final class QuotaExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ScheduleResult.OverQuota refusal;

    /** @param refusal what the producer of jobs answered */
    public QuotaExceededException(ScheduleResult.OverQuota refusal) {
        super("the client is over its quota", null, false, false);
        this.refusal = refusal;
    }

    ScheduleResult.OverQuota refusal() {
        return refusal;
    }
}
