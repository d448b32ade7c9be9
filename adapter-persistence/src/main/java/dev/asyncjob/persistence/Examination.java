package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Collects the {@link DatabaseFacts} of a database, which it neither makes nor migrates. Used once, by one thread. */
final class Examination {
    private static final Duration NOTIFICATION_WAIT = Duration.ofSeconds(2);

    /** H2's code for a database that another process has open. */
    private static final int IN_USE = 90020;

    private static final JobKind KIND = new JobKind("asyncjob.doctor");

    private static final String MISSING_RIGHTS = """
            select r.name || ' on ' || c.relname
            from pg_class c cross join unnest(array['select', 'insert', 'update', 'delete']) as r (name)
            where c.relnamespace = (select oid from pg_namespace where nspname = <schema>) and c.relkind = 'r'
                and starts_with(c.relname, <prefix>)
                and (r.name = 'select' or c.relname not in (<prefix> || 'schema_history', <prefix> || 'fingerprint_key'))
                and not has_table_privilege(c.oid, r.name)
            union all
            select 'vacuum on work' from pg_class c where c.oid = to_regclass(<work>)
                and not pg_has_role(c.relowner, 'USAGE')
            order by 1
            """;

    private static final String OLDEST = """
            select name, application, extract(epoch from clock_timestamp() - since) as age from (
                select cast(pid as text) as name, coalesce(application_name, '') as application, xact_start as since
                from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                union all
                select gid, 'prepared', prepared from pg_prepared_xacts where database = current_database()) as open
            where since is not null order by since fetch first row only
            """;

    private static final String TABLES = """
            select relname, n_live_tup, n_dead_tup from pg_stat_user_tables
            where schemaname = <schema> and starts_with(relname, <prefix>) order by relname
            """;

    private static final String FREE_SESSIONS = """
            select cast(current_setting('max_connections') as integer)
                - cast(current_setting('superuser_reserved_connections') as integer)
                - (select count(*) from pg_stat_activity where backend_type = 'client backend')
            """;

    private final Connections connections;
    private final DatabaseUrl url;
    private final InstantSource clock;

    private Examination(Connections connections, InstantSource clock) {
        this.connections = connections;
        this.url = connections.dialect().url();
        this.clock = clock;
    }

    /** See {@link JobDatabase#examine}. */
    static DatabaseFacts of(DatabaseSettings settings, InstantSource clock) {
        DatabaseUrl url = settings.connectionUrl().named();
        if (url.isH2File() && !Files.exists(H2FileModes.file(url))) {
            return facts("H2", Duration.ZERO, Duration.ZERO, DatabaseFacts.NONE, List.of(), file(url));
        }
        Examination examination = new Examination(Connections.of(settings), clock);
        try {
            return examination.connections.withSchema(examination::facts);
        } catch (IllegalStateException e) {
            if (url.isH2File() && isInUse(e)) {
                return facts("H2", Duration.ZERO, Duration.ZERO, DatabaseFacts.IN_USE, List.of(), file(url));
            }
            throw e;
        }
    }

    private static boolean isInUse(Throwable failure) {
        return failure.getCause() instanceof SQLException e && e.getErrorCode() == IN_USE;
    }

    private DatabaseFacts facts(Schema schema) {
        return schema.query(handle -> url.isH2() ? ofH2(handle, schema) : ofPostgres(handle, schema));
    }

    private static DatabaseFacts facts(
            String server,
            Duration roundTrip,
            Duration ahead,
            String schema,
            List<String> pending,
            DatabaseFacts.@Nullable DiskFile file) {
        return new DatabaseFacts(
                server, roundTrip, ahead, schema, pending, List.of(), null, null, List.of(), true, null, file);
    }

    private DatabaseFacts ofH2(Handle handle, Schema schema) {
        String version = text(handle, "select h2version()");
        long begin = System.nanoTime();
        String unused = text(handle, "select 1");
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        return facts(
                "H2 " + version,
                took,
                Duration.ZERO,
                schema.version(),
                schema.pending(),
                url.isH2File() ? file(url) : null);
    }

    private DatabaseFacts ofPostgres(Handle handle, Schema schema) {
        String version = text(handle, "show server_version");
        Instant before = clock.instant();
        long begin = System.nanoTime();
        Instant now = handle.createQuery("select clock_timestamp() as present")
                .map((rs, context) -> SqlTypes.instant(rs, "present"))
                .one();
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        return new DatabaseFacts(
                "PostgreSQL " + version,
                took,
                Duration.between(before.plus(took.dividedBy(2)), now),
                schema.version(),
                schema.pending(),
                handle.createQuery(MISSING_RIGHTS).mapTo(String.class).list(),
                connections.dialect().listens() ? notified() : null,
                handle.createQuery(OLDEST)
                        .map((rs, context) -> new DatabaseFacts.OpenTransaction(
                                rs.getString("name"), rs.getString("application"), Duration.ofMillis((long)
                                        (rs.getDouble("age") * 1_000))))
                        .findFirst()
                        .orElse(null),
                handle.createQuery(TABLES)
                        .map((rs, context) -> new DatabaseFacts.Rows(
                                rs.getString("relname"), rs.getLong("n_live_tup"), rs.getLong("n_dead_tup")))
                        .list(),
                text(handle, "show autovacuum").equals("on"),
                handle.createQuery(FREE_SESSIONS).mapTo(Integer.class).one(),
                null);
    }

    private static String text(Handle handle, String sql) {
        return handle.createQuery(sql).mapTo(String.class).one();
    }

    /** Sends a notification as one node, and waits for it as another. */
    private boolean notified() {
        SqlDialect dialect = connections.dialect();
        CountDownLatch arrived = new CountDownLatch(1);
        JobSignals.Listener listener = new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                arrived.countDown();
            }
        };
        DriverDataSource listening = connections.admin(Duration.ZERO);
        NotificationListener receiver =
                NotificationListener.listen(listening, listening::close, Notifications.ofNewNode(dialect), listener);
        try (DriverDataSource source = connections.admin(Duration.ZERO)) {
            Notifications sender = Notifications.ofNewNode(dialect);
            Jdbi jdbi = Jdbi.create(source);
            SqlTypes.install(jdbi, dialect.now(), dialect.tables());
            jdbi.useHandle(handle -> sender.send(handle, sender.work(Stream.of(KIND))));
            return arrived.await(NOTIFICATION_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            receiver.close();
        }
    }

    private static DatabaseFacts.DiskFile file(DatabaseUrl url) {
        Path path = H2FileModes.file(url);
        try {
            Path folder = path.toAbsolutePath().getParent();
            while (folder != null && !Files.exists(folder)) {
                folder = folder.getParent();
            }
            long free = folder == null ? 0 : Files.getFileStore(folder).getUsableSpace();
            return new DatabaseFacts.DiskFile(path, Files.exists(path) ? Files.size(path) : 0, free);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
