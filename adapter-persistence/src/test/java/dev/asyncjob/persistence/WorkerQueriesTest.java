package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.WorkerLoad;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What workers hold comes from an index of work, and no further than its limit. */
class WorkerQueriesTest {
    private static final int MANY = 20_000;

    /** Of a thousand jobs, 500 are due, one is leased, 49 are due within the hour, and the others later. */
    private static final String WORK = WorkloadPlanTest.WORK;

    private static void insert(TestDatabase database, boolean h2, int kinds) {
        database.execute(
                h2
                        ? WORK.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))", kinds)
                        : WORK.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n", kinds));
        database.execute("update asyncjob.work set worker = 'w' || kind where leased");
        database.execute(h2 ? "analyze" : "analyze asyncjob.work");
    }

    private static String text(String statement, String now) {
        return statement
                .replace("<now>", now)
                .replace("\\<", "<")
                .replace(":kind", "'k0'")
                .replace(":limit", "50")
                .replace(":max", "9");
    }

    @Test
    void h2_reads_the_index_of_due_jobs_up_to_the_limit() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            insert(database, true, 7);
            assertThat(database.query("explain analyze " + text(WorkerQueries.OF_KIND, "current_timestamp"))
                            .get(0))
                    .contains("WORK_DUE")
                    .doesNotContain("tableScan")
                    .doesNotContainPattern("scanCount: [0-9]{3}");
        }
    }

    @Test
    void postgresql_reads_the_index_of_leased_jobs_in_its_order_where_there_are_many() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            insert(database, false, 7);
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());
            assertThat(plan(database)).containsPattern("Index Scan (using|on) work_leased");
            database.execute(
                    "update asyncjob.work set leased = true, available_at = current_timestamp + interval '10' minute");
            database.execute("analyze asyncjob.work");
            assertThat(plan(database)).contains("Index Scan using work_leased on work w");
        }
    }

    private static String plan(TestDatabase database) {
        return String.join("\n", database.query("explain " + text(WorkerQueries.OF_ALL, "statement_timestamp()")));
    }

    @Test
    void both_count_all_leases_of_a_thousand_kinds() {
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            try (TestDatabase database = TestDatabase.at(url)) {
                insert(database, url.startsWith("jdbc:h2"), 1_000);
                insert(database, url.startsWith("jdbc:h2"), 1_000);
                database.execute("update asyncjob.work set leased = true, worker = 'w',"
                        + " available_at = current_timestamp + interval '10' minute"
                        + " where available_at > current_timestamp");
                List<WorkerLoad> all = database.jobs().store().workers(2_000);
                assertThat(all)
                        .hasSize(500)
                        .allSatisfy(one -> assertThat(one.leases()).isEqualTo(40));
            }
        }
    }

    @Test
    void both_list_the_workers_of_many_kinds() {
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            try (TestDatabase database = TestDatabase.at(url)) {
                insert(database, url.startsWith("jdbc:h2"), 7);
                JobStore store = database.jobs().store();
                List<WorkerLoad> all = store.workers(100);
                assertThat(all)
                        .extracting(one -> one.worker() + " " + one.kind())
                        .containsExactlyInAnyOrder(
                                "wk0 k0", "wk1 k1", "wk2 k2", "wk3 k3", "wk4 k4", "wk5 k5", "wk6 k6");
                assertThat(store.workers(3)).hasSize(3);
                assertThat(all).allSatisfy(one -> assertThat(one.since()).isNull());
                assertThat(all.stream().mapToLong(WorkerLoad::leases).sum()).isEqualTo(MANY / 200);
            }
        }
    }
}
