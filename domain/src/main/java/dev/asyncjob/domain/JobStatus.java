package dev.asyncjob.domain;

/** The words the outside knows a job by. Attempts, leases and retries are inside {@link #PENDING} and never show. */
public enum JobStatus {
    /** Accepted and not ended; the only status that a job can leave. */
    PENDING,
    /** Ended without a result; final. */
    FAILED,
    /** Ended with a result; final. */
    DONE
}
