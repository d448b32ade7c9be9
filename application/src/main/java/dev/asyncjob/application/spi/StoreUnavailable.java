package dev.asyncjob.application.spi;

/** The store cannot be reached, or cannot answer in time. What was asked may or may not have happened; ask again. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param cause what the store's driver said; for logs, never for clients */
    public StoreUnavailable(Throwable cause) {
        super("the job store is unavailable", cause);
    }
}
