package dev.asyncjob.persistence;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator wants to know of a database that may be unfit, slow or full; see {@link JobDatabase#examine}. Holds
 * no secret and nothing of any job.
 *
 * @param server the name and version of the database system
 * @param roundTrip the time of a query without work
 * @param ahead how far the database's clock is ahead of this process's; negative if it is behind
 * @param schema the version of the schema, {@link #NONE} or {@link #IN_USE}
 * @param pending the versions that a migration would add, the lowest first
 * @param missingRights what the role may not do, such as {@code delete on job}; {@code vacuum on work} if it does not
 *     own that table. Always empty on H2
 * @param notified whether a notification to other nodes arrived; null where none are sent
 * @param oldest the open transaction that began first, of any application in the database; null if there is none, or on
 *     H2
 * @param tables the tables of the store, with what PostgreSQL estimates of them; empty on H2
 * @param autovacuum whether PostgreSQL vacuums tables by itself; true on H2
 * @param freeSessions how many sessions the server would accept beside the present ones; null on H2
 * @param file the file of an H2 database; null if there is none
 */
public record DatabaseFacts(
        String server,
        Duration roundTrip,
        Duration ahead,
        String schema,
        List<String> pending,
        List<String> missingRights,
        @Nullable Boolean notified,
        @Nullable OpenTransaction oldest,
        List<Rows> tables,
        boolean autovacuum,
        @Nullable Integer freeSessions,
        @Nullable DiskFile file) {
    /** The version of a schema that does not exist yet. */
    public static final String NONE = "none";

    /** The version of the schema in an H2 file that another process has open, such as a running server. */
    public static final String IN_USE = "in use";

    /**
     * A transaction that has not ended; while it is open, no row that was deleted since can be removed.
     *
     * @param name the process id of its session, or the name of a prepared transaction
     * @param application what its session calls itself; may be empty
     */
    public record OpenTransaction(String name, String application, Duration age) {}

    /**
     * A table.
     *
     * @param dead rows that were deleted or replaced, and still take space
     */
    public record Rows(String table, long live, long dead) {}

    /**
     * A file on a disk.
     *
     * @param bytes its length, 0 if it does not exist yet
     * @param free the bytes that this process may still write on its disk
     */
    public record DiskFile(Path path, long bytes, long free) {}
}
