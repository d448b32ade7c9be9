package dev.asyncjob.benchmark;

import java.time.Duration;

/** What many jobs leave behind when they have gone through: dead rows, sizes, and how many updates were heap-only. */
final class Churn {
    private static final String LEFT_BEHIND = """
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
            for (String table : Sql.texts(url, LEFT_BEHIND)) {
                report.fact("churn", "after %,d jobs, %s", done, table);
            }
        }
    }
}
