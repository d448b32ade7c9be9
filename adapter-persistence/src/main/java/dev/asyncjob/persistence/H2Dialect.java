package dev.asyncjob.persistence;

import dev.asyncjob.domain.HeldLease;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.statement.PreparedBatch;

/** H2 2.x in its regular mode. */
record H2Dialect(
        DatabaseUrl url,
        String name,
        String now,
        TableNames tables,
        List<Requirement> requirements,
        JobWriter writer,
        boolean ownFile)
        implements SqlDialect {
    private static final List<Requirement> DRIVERS = List.of(new Requirement("org.h2.Driver", "com.h2database:h2"));

    private static final String CIPHER = "CIPHER";

    /** Parameters with which the file is left to H2, or grows until it is closed. */
    private static final Set<String> UNCOMPACTED = Set.of(CIPHER, "REUSE_SPACE", "RETENTION_TIME");

    private static final String LOCK =
            "select job_id from asyncjob.work where job_id = any(:ids) and leased for update skip locked";

    /** Without an order it locks no other rows than these. */
    static final String PAST = """
            select id from asyncjob.job where kept_until > %s and kept_until \\<= <now>
            fetch first :max rows only for update skip locked
            """.formatted(EPOCH);

    private static final String RENEW_ONE = """
            update asyncjob.work set available_at = dateadd(microsecond, :lease, <now>), renewed_at = <now>
            where job_id = :id and token = :token and leased
            """;

    private static final String LIMITS = """
            select 'set lock_timeout ' || lock_timeout() || '; set query_timeout ' || setting_value
            from information_schema.settings where setting_name = 'QUERY_TIMEOUT'
            """;

    H2Dialect(DatabaseUrl url) {
        this(url, TableNames.DEFAULT, url.isH2File());
    }

    /** @param ownFile whether this process opens the database as a file, with the file system and rules of the store */
    H2Dialect(DatabaseUrl url, TableNames tables, boolean ownFile) {
        this(url, "h2", "current_timestamp", tables, DRIVERS, new H2JobWriter(), ownFile);
    }

    @Override
    public String schema() {
        return TableNames.upper(tables.schema());
    }

    @Override
    public void prepareDriver() {
        if (ownFile) {
            H2File.register();
            H2FileModes.prepare(url);
        }
    }

    private H2MigrationCopy migrationCopy() {
        return new H2MigrationCopy(H2FileModes.file(url).toString());
    }

    @Override
    public void undoCutMigration() {
        if (ownFile) {
            migrationCopy().putBack();
        }
    }

    @Override
    public void beforeMigration(DataSource admin) {
        if (ownFile) {
            migrationCopy().make(admin);
        }
    }

    @Override
    public void afterMigration() {
        if (ownFile) {
            migrationCopy().delete();
        }
    }

    @Override
    public DatabaseUrl storeUrl() {
        Map<String, String> parameters = new HashMap<>(Map.of("TRACE_LEVEL_FILE", "0", "TRACE_LEVEL_SYSTEM_OUT", "0"));
        if (ownFile) {
            // Without the first, commits acknowledged in the last half second are lost when the process is killed;
            // without the second, H2 closes the file before the JVM's shutdown hooks have ended.
            parameters.putAll(Map.of(
                    "WRITE_DELAY",
                    "0",
                    "MAX_COMPACT_TIME",
                    "0",
                    "DB_CLOSE_ON_EXIT",
                    "FALSE",
                    "CACHE_SIZE",
                    Long.toString(cacheKilobytes())));
            if (url.parameters().containsKey(CIPHER)) {
                parameters.put("REUSE_SPACE", "FALSE"); // H2Header cannot correct the header of an encrypted file
            }
        }
        return url.orElse(parameters);
    }

    /** An eighth of the heap, 256 MiB at most; with H2's own sixteenth, reads of 100,000 jobs took twice as long. */
    private static long cacheKilobytes() {
        return Math.min(1 << 18, Runtime.getRuntime().maxMemory() / (8 << 10));
    }

    @Override
    public String sessionSetup() {
        return "set query_timeout 2000; " + lockTimeout(LockQueue.SHORT_WAIT);
    }

    @Override
    public String borrow(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(LIMITS)) {
            rs.next();
            String undo = rs.getString(1);
            statement.execute(sessionSetup());
            return undo;
        }
    }

    private static String lockTimeout(Duration time) {
        return "set lock_timeout " + time.toMillis();
    }

    /** The setting is one of the session, which the next call gets again from the pool. */
    @Override
    public <T> T waiting(Handle handle, Duration lockTimeout, HandleCallback<T, RuntimeException> call) {
        handle.execute(lockTimeout(lockTimeout));
        try {
            return call.withHandle(handle);
        } finally {
            handle.execute(lockTimeout(LockQueue.SHORT_WAIT));
        }
    }

    @Override
    public <T> T durably(Connection connection, boolean alone, Supplier<T> change) {
        return ownFile ? H2Commit.durably(connection, alone, change) : change.get();
    }

    @Override
    public <T> T withinCallers(Connection connection, Supplier<T> call) {
        return ownFile ? H2Commit.withinCallers(connection, call) : call.get();
    }

    @Override
    public String renew() {
        return """
            select worker, available_at from final table (
                update asyncjob.work set available_at = dateadd(microsecond, :lease, <now>), renewed_at = <now>,
                    progress = coalesce(:progress, progress)
                where job_id = :id and token = :token and leased)
            """;
    }

    @Override
    public Set<HeldLease> renew(Handle handle, List<HeldLease> leases, Duration length) {
        return handle.inTransaction(transaction -> renewUnlocked(transaction, leases, length));
    }

    private static Set<HeldLease> renewUnlocked(Handle handle, List<HeldLease> leases, Duration length) {
        Set<UUID> unlocked = handle.createQuery(LOCK)
                .bindArray(
                        "ids",
                        UUID.class,
                        leases.stream().map(one -> one.id().value()).toArray())
                .mapTo(UUID.class)
                .collectIntoSet();
        List<HeldLease> free = leases.stream()
                .filter(one -> unlocked.contains(one.id().value()))
                .toList();
        if (free.isEmpty()) {
            return Set.of();
        }
        PreparedBatch batch = handle.prepareBatch(RENEW_ONE);
        free.forEach(one -> batch.bind("id", one.id().value())
                .bind("token", one.token().value())
                .bind("lease", TimeUnit.MICROSECONDS.convert(length))
                .add());
        int[] counts = batch.execute();
        return IntStream.range(0, counts.length)
                .filter(i -> counts[i] == 1)
                .mapToObj(free::get)
                .collect(Collectors.toSet());
    }

    @Override
    public String release() {
        return "select kind from final table (" + RELEASE + ")";
    }

    @Override
    public String spent() {
        return SPENT;
    }

    @Override
    public int forget(Handle handle, int max) {
        return handle.inTransaction(transaction -> {
            List<UUID> past = transaction
                    .createQuery(PAST)
                    .bind("max", max)
                    .mapTo(UUID.class)
                    .list();
            return past.isEmpty()
                    ? 0
                    : transaction
                            .createUpdate("delete from asyncjob.job where id = any(:ids)")
                            .bindArray("ids", UUID.class, past.toArray())
                            .execute();
        });
    }

    @Override
    public String addEnded() {
        return """
            merge into asyncjob.ended_minute known using (%s) n on known.begun_at = n.begun_at and known.kind = n.kind
            when matched then update set ended = known.ended + n.ended, failed = known.failed + n.failed,
                promised = known.promised + n.promised, kept = known.kept + n.kept
            when not matched then insert (begun_at, kind, ended, failed, promised, kept)
                values (n.begun_at, n.kind, n.ended, n.failed, n.promised, n.kept)
            """.formatted(EndedMinutes.COUNTED);
    }

    @Override
    public Runnable maintenance(Transactions transactions) {
        return ownFile && url.parameters().keySet().stream().noneMatch(UNCOMPACTED::contains)
                ? new H2Compaction(transactions)
                : () -> {};
    }

    @Override
    public Claims claims() {
        return new H2Claims();
    }
}
