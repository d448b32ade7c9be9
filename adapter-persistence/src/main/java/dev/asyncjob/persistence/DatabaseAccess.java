package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;

/** How a store reaches its database. Safe for use from any thread. */
interface DatabaseAccess extends AutoCloseable {
    SqlDialect dialect();

    Transactions transactions();

    /**
     * Begins to listen to other nodes, where there is a connection for it.
     *
     * @param listener called for their messages
     * @return ends it
     */
    Runnable listen(Notifications notifications, JobSignals.Listener listener);

    /** See {@link JobDatabase#measurePool}. */
    void measure(Object registry);

    /** Closes the connections that were opened for the store. */
    @Override
    void close();
}
