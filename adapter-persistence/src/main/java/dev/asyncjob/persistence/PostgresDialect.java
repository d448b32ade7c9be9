package dev.asyncjob.persistence;

import java.util.Map;
import java.util.Optional;

/** PostgreSQL 13 or later. */
record PostgresDialect(DatabaseUrl url) implements SqlDialect {
    @Override
    public String name() {
        return "postgresql";
    }

    @Override
    public String now() {
        return "statement_timestamp()";
    }

    @Override
    public String schema() {
        return "asyncjob";
    }

    @Override
    public void requireDriver() {
        ClassPath.require("org.postgresql.Driver", "org.postgresql:postgresql");
        ClassPath.require(
                "org.flywaydb.database.postgresql.PostgreSQLDatabaseType", "org.flywaydb:flyway-database-postgresql");
    }

    @Override
    public DatabaseUrl storeUrl() {
        return url.orElse(Map.of(
                "connectTimeout", "1",
                "loginTimeout", "2",
                "socketTimeout", "2",
                "tcpKeepAlive", "true",
                "ApplicationName", "asyncjob",
                "logServerErrorDetail", "false")); // the detail repeats the row, payload and all
    }

    @Override
    public DatabaseUrl adminUrl() {
        return url.orElse(Map.of(
                "connectTimeout", "5",
                "loginTimeout", "5",
                "tcpKeepAlive", "true",
                "ApplicationName", "asyncjob",
                "logServerErrorDetail", "false"));
    }

    /**
     * The timeouts make the server give up before the client does, and release the locks of a node that stopped
     * sending. Every statement of the store finds its rows by an index; a plan that was made while the tables were
     * empty, and is kept until the next analyze, must do so too. No plan depends on the values of parameters, and
     * planning takes longer than running most statements.
     */
    @Override
    public Optional<String> sessionSetup() {
        return Optional.of("""
                set lock_timeout = '1500ms'; set statement_timeout = '2s';
                set idle_in_transaction_session_timeout = '5s'; set enable_seqscan = off;
                set plan_cache_mode = force_generic_plan""");
    }

    @Override
    public boolean limitsCalls() {
        return !url.parameters().containsKey("socketTimeout");
    }

    @Override
    public Optional<String> notification() {
        return Optional.of("select pg_notify('%s', message) from unnest(cast(:messages as varchar array)) as message"
                .formatted(Notifications.CHANNEL));
    }

    @Override
    public String renew() {
        return """
            update asyncjob.work set available_at = <now> + :lease * interval '1 microsecond',
                progress = coalesce(:progress, progress)
            where job_id = :id and token = :token and leased
            returning worker, available_at
            """;
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
    public String forget() {
        return """
            with past as materialized (
                select id from asyncjob.job where kept_until <= <now>
                order by kept_until limit :max for update skip locked)
            delete from asyncjob.job where id = any(array(select id from past))
            """;
    }

    @Override
    public Claims claims() {
        return new PostgresClaims();
    }

    @Override
    public JobWriter writer() {
        return new PostgresJobWriter();
    }

    @Override
    public Runnable maintenance(Transactions transactions) {
        return new PostgresVacuum(transactions, PostgresVacuum.INTERVAL);
    }
}
