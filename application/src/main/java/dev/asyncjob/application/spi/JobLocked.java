package dev.asyncjob.application.spi;

/**
 * Another transaction holds the job, its id or its idempotency key for longer than a call waits. Nothing was changed;
 * calls about other jobs succeed.
 */
public final class JobLocked extends StoreUnavailable {
    private static final long serialVersionUID = 1L;

    /** @param cause what the driver of the store has thrown; for logs, never for clients */
    public JobLocked(Throwable cause) {
        super(cause);
    }
}
