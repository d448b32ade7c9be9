package dev.asyncjob.application.spi;

/**
 * The store cannot be reached, or cannot answer in time. The change may or may not have been made; repeat the call,
 * which is harmless.
 */
public class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param cause what the driver of the store has thrown; for logs, never for clients */
    public StoreUnavailable(Throwable cause) {
        super("the job store is unavailable", cause);
    }
}
