package dev.asyncjob.domain;

/** The states of a job that clients see. Attempts, leases and retries are inside {@link #PENDING} and not shown. */
public enum JobStatus {
    /** Accepted and not ended; the only status that a job can leave. */
    PENDING,
    /** Ended without a result; final. */
    FAILED,
    /** Ended with a result; final. */
    DONE
}
