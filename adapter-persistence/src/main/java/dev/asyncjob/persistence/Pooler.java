package dev.asyncjob.persistence;

/** What is between this process and PostgreSQL, and when it gives one of its sessions to another client. */
public enum Pooler {
    /** Nothing, or a pooler whose sessions belong to one connection until it is closed. */
    NONE,

    /**
     * A pooler that may give each transaction another session, such as PgBouncer with {@code pool_mode = transaction}.
     * The store then leaves nothing behind in a session: statements have no names, settings end with the transaction.
     * This costs two more round trips for most calls. The node receives no notifications, and finds changes of other
     * nodes by polling; the vacuum of the work table is left to PostgreSQL.
     */
    TRANSACTION
}
