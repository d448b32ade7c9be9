package dev.asyncjob.benchmark;

import java.time.Duration;

/** The state of the tables after many jobs: dead rows, sizes, and the share of heap-only updates. */
final class Churn {
    private static final String TABLE_STATE = """
            select format('%s: %s live rows, %s dead, %s MB with indexes, %s percent of %s updates heap-only, vacuumed %s times',
                relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid) / 1000000,
                case when n_tup_upd = 0 then 0 else 100 * n_tup_hot_upd / n_tup_upd end, n_tup_upd, autovacuum_count)
            from pg_stat_user_tables where schemaname = 'asyncjob' and relname in ('job', 'work') order by relname
            """;

    private final Options options;
    private final Report report;
    private final Postgres postgres;

    Churn(Options options, Report report, Postgres postgres) {
        this.options = options;
        this.report = report;
        this.postgres = postgres;
    }

    void run() throws Exception {
        if (!options.wants("flat", "churn")) {
            return;
        }
        String url = postgres.newDatabase();
        try (SideProcess worker = SideProcess.start("churn", WorkProcess.class, "run", "asyncjob", url)) {
            long done = 0;
            while (done < options.churn()) {
                worker.measure(Duration.ofSeconds(5)).orThrow();
                done = Sql.number(url, "select count(*) from asyncjob.job where status = 'DONE'");
            }
            for (String table : Sql.texts(url, TABLE_STATE)) {
                report.fact("churn", "after %,d jobs, %s", done, table);
            }
        }
    }
}
