package dev.asyncjob.persistence;

import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseToken;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;

/** PostgreSQL 13 or later. */
record PostgresDialect(
        DatabaseUrl url,
        String name,
        String now,
        TableNames tables,
        List<Requirement> requirements,
        JobWriter writer,
        boolean sharesSessions)
        implements SqlDialect {
    private static final List<Requirement> REQUIREMENTS = List.of(
            new Requirement("org.postgresql.Driver", "org.postgresql:postgresql"),
            new Requirement(
                    "org.flywaydb.database.postgresql.PostgreSQLDatabaseType",
                    "org.flywaydb:flyway-database-postgresql"));

    private static final String READ_ONLY = "25006";

    private static final String FORGET = """
            with past as materialized (
                select id from asyncjob.job where kept_until <= <now>
                order by kept_until limit :max for update skip locked)
            delete from asyncjob.job where id = any(array(select id from past))
            """;

    /**
     * The timeouts make the server give up before the client does. The one of idle transactions releases the locks of a
     * node that is cut off, so that the jobs of its leases can be claimed within a second after their end; a node that
     * pauses for longer, as for garbage collection, repeats the transaction. The one of TCP does the same while the
     * server sends an answer that fills its buffers. A statement after a lock must see what was committed before it.
     * Every statement finds its rows by an index, also with a plan of empty tables; planning takes longer than that.
     */
    private static final Map<String, String> SESSION = new TreeMap<>(Map.of(
            "timezone", "'UTC'",
            "default_transaction_isolation", "'read committed'",
            "lock_timeout", "'" + LockQueue.SHORT_WAIT.toMillis() + "ms'",
            "statement_timeout", "'2s'",
            "idle_in_transaction_session_timeout", "'400ms'",
            "tcp_user_timeout", "'2s'",
            "enable_seqscan", "off",
            "plan_cache_mode", "force_generic_plan"));

    /** Locked rows are left out: another transaction must not cost the other jobs their leases. */
    private static final String RENEW_ALL = """
            with held as materialized (
                select w.job_id from unnest(:ids, :tokens) as claimed (id, token)
                join asyncjob.work w on w.job_id = claimed.id and w.token = claimed.token
                where w.leased for update of w skip locked)
            update asyncjob.work w set available_at = <now> + :lease * interval '1 microsecond', renewed_at = <now>
            from held where w.job_id = held.job_id returning w.job_id, w.token
            """;

    PostgresDialect(DatabaseUrl url, Pooler pooler) {
        this(url, pooler, TableNames.DEFAULT);
    }

    PostgresDialect(DatabaseUrl url, Pooler pooler, TableNames tables) {
        this(
                url,
                "postgresql",
                "statement_timestamp()",
                tables,
                REQUIREMENTS,
                new PostgresJobWriter(),
                pooler == Pooler.TRANSACTION);
    }

    @Override
    public DatabaseUrl storeUrl() {
        return withDefaults(Map.of("connectTimeout", "1", "loginTimeout", "2", "socketTimeout", "2"));
    }

    @Override
    public DatabaseUrl adminUrl() {
        return withDefaults(Map.of("connectTimeout", "5", "loginTimeout", "5"));
    }

    private DatabaseUrl withDefaults(Map<String, String> timeouts) {
        Map<String, String> parameters = new HashMap<>(timeouts);
        parameters.put("tcpKeepAlive", "true");
        parameters.put("ApplicationName", "asyncjob");
        parameters.put("logServerErrorDetail", "false"); // the detail repeats the row, payload and all
        parameters.put(
                "assumeMinServerVersion", "13"); // the name is sent with the login, not in a statement of its own
        if (url.location().contains(",")) {
            parameters.put("targetServerType", "preferPrimary"); // not the first host that answers
        }
        if (sharesSessions) {
            parameters.put("prepareThreshold", "0");
        }
        return url.orElse(parameters);
    }

    @Override
    public String sessionSetup() {
        return sharesSessions ? "" : settings("set ");
    }

    @Override
    public String adminSetup() {
        return sharesSessions ? "" : "set timezone = 'UTC'";
    }

    @Override
    public String transactionSetup() {
        return sharesSessions ? "set transaction isolation level read committed; " + settings("set local ") : "";
    }

    private static String settings(String set) {
        return SESSION.entrySet().stream()
                .map(setting -> set + setting.getKey() + " = " + setting.getValue())
                .collect(Collectors.joining("; "));
    }

    /** A session of a standby would stay as it is after the standby's address leads to the primary again. */
    @Override
    public void begin(Connection connection, String setup) throws SQLException {
        String question = "select pg_is_in_recovery()";
        if (answer(connection, setup.isEmpty() ? question : setup + "; " + question)
                .equals("t")) {
            throw new SQLException("the server is a standby", READ_ONLY);
        }
    }

    @Override
    public void checkServer(DataSource admin) throws SQLException {
        requireTransactions(admin);
        try (Connection connection = admin.getConnection()) {
            String encoding = answer(connection, "show server_encoding");
            require(encoding.equals("UTF8"), "its encoding is " + encoding + ", but must be UTF8");
            require(
                    sharesSessions || hasOwnSession(connection, admin),
                    "a pooler gives one session to several connections; set db.pooler=transaction");
        }
    }

    private static boolean hasOwnSession(Connection connection, DataSource admin) throws SQLException {
        String session = "select pg_backend_pid()";
        try (Connection other = admin.getConnection()) {
            return !answer(connection, session).equals(answer(other, session));
        }
    }

    /** A pooler whose sessions change with each statement ends the connection when a transaction begins. */
    private void requireTransactions(DataSource admin) throws SQLException {
        try (Connection connection = admin.getConnection()) {
            boolean before = connection.getAutoCommit();
            connection.setAutoCommit(false);
            String unused = answer(connection, "select 1");
            connection.commit();
            connection.setAutoCommit(before);
        } catch (SQLException e) {
            require(
                    !String.valueOf(e.getMessage()).contains("statement pooling"),
                    "a pooler gives each statement another session (pool_mode = statement), which is not supported;"
                            + " use pool_mode = session, or pool_mode = transaction and db.pooler=transaction");
            throw e;
        }
    }

    @Override
    public <T> T onSchema(DataSource admin, Function<DataSource, T> task) throws SQLException {
        return OneTransaction.run(admin, task);
    }

    private void require(boolean fit, String problem) {
        if (!fit) {
            throw new IllegalStateException("cannot open " + url + ": " + problem);
        }
    }

    /** Returns the first column of the only row that one of the statements returns. */
    private static String answer(Connection connection, String statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            boolean rows = statement.execute(statements);
            while (!rows) {
                rows = statement.getMoreResults();
            }
            try (ResultSet rs = statement.getResultSet()) {
                rs.next();
                return rs.getString(1);
            }
        }
    }

    @Override
    public <T> T waiting(Handle handle, Duration lockTimeout, HandleCallback<T, RuntimeException> call) {
        handle.execute("set local lock_timeout = '" + lockTimeout.toMillis() + "ms'");
        return call.withHandle(handle);
    }

    @Override
    public boolean limitsCalls() {
        return !url.parameters().containsKey("socketTimeout");
    }

    @Override
    public boolean listens() {
        return !sharesSessions;
    }

    @Override
    public Optional<String> notification() {
        return Optional.of(
                "select pg_notify(<channel>, message) from unnest(cast(:messages as varchar array)) as message");
    }

    @Override
    public String renew() {
        return """
            update asyncjob.work set available_at = <now> + :lease * interval '1 microsecond', renewed_at = <now>,
                progress = coalesce(:progress, progress)
            where job_id = :id and token = :token and leased
            returning worker, available_at
            """;
    }

    @Override
    public Set<HeldLease> renew(Handle handle, List<HeldLease> leases, Duration length) {
        return handle.createQuery(RENEW_ALL)
                .bindArray(
                        "ids",
                        UUID.class,
                        leases.stream().map(one -> one.id().value()).toArray())
                .bindArray(
                        "tokens",
                        Long.class,
                        leases.stream().map(one -> one.token().value()).toArray())
                .bind("lease", TimeUnit.MICROSECONDS.convert(length))
                .map((rs, context) -> new HeldLease(
                        new JobId(rs.getObject("job_id", UUID.class)), new LeaseToken(rs.getLong("token"))))
                .collectIntoSet();
    }

    @Override
    public Optional<String> renewWithChange() {
        return Optional.of(Leases.RENEW_WITH_CHANGE);
    }

    @Override
    public String release() {
        return RELEASE + " returning kind";
    }

    @Override
    public String spent() {
        return SPENT + " for update skip locked";
    }

    @Override
    public int forget(Handle handle, int max) {
        return handle.createUpdate(FORGET).bind("max", max).execute();
    }

    @Override
    public Claims claims() {
        return new PostgresClaims();
    }

    @Override
    public String addEnded() {
        return """
            insert into asyncjob.ended_minute as known (begun_at, kind, ended, failed, promised, kept) %s
            on conflict (begun_at, kind) do update set ended = known.ended + excluded.ended,
                failed = known.failed + excluded.failed, promised = known.promised + excluded.promised,
                kept = known.kept + excluded.kept
            """.formatted(EndedMinutes.COUNTED);
    }

    @Override
    public Runnable maintenance(Transactions transactions) {
        // A vacuum needs a statement outside of transactions, and there is none.
        return sharesSessions ? () -> {} : new PostgresVacuum(transactions, PostgresVacuum.INTERVAL);
    }
}
