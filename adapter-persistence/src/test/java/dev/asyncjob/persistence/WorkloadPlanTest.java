package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Workload;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The numbers of pending jobs come from the index of due jobs, and no further than their limit. */
class WorkloadPlanTest {
    private static final int MANY = 20_000;

    /** Half of the jobs are due; of the others some are leased, and most are due after any lease. */
    static final String WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
            select %1$s, 'k' || mod(n, %3$d),
                current_timestamp + case when mod(n, 200) \\< 100 then -n when mod(n, 200) \\< 110 then 600 else 7200 + n end
                    * interval '1' second,
                0, 1, 0, mod(n, 200) = 100, repeat('x', 300) from %2$s
            """.replace("\\<", "<");

    @Test
    void h2_reads_the_index_of_due_jobs_up_to_the_limit() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            database.execute(WORK.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))", 10));
            String plan = database.query("explain analyze "
                            + H2JobWriter.WORKLOAD
                                    .replace("<now>", "current_timestamp")
                                    .replace("\\<", "<")
                                    .replace(":kind", "'k7'")
                                    .replace(":max", "50"))
                    .get(0);
            assertThat(plan)
                    .contains("WORK_DUE")
                    .doesNotContain("tableScan")
                    .doesNotContainPattern("scanCount: [0-9]{3}");
        }
    }

    @Test
    void postgresql_reads_the_index_of_due_jobs_and_rows_only_where_they_may_be_leased() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(WORK.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n", 10));
            database.execute("analyze asyncjob.work");
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());
            String plan = String.join(
                    "\n",
                    database.query("explain (analyze, costs off, timing off) "
                            + PostgresJobWriter.WORKLOADS
                                    .replace("<now>", "statement_timestamp()")
                                    .replace(":max", "1000000")));
            assertThat(plan)
                    .doesNotContain("Seq Scan on work", "on job")
                    .containsPattern("Index Only Scan using work_due on work w .*\\n +Index Cond: .*available_at <= ")
                    .containsPattern("Index Only Scan using work_due on work w_2 .*\\n +Index Cond: .*'01:00:00'")
                    .contains("Index Scan using work_due on work w_1", "Index Scan using work_spent on work w_3");
        }
    }

    @Test
    void both_count_many_jobs_of_many_kinds() {
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            try (TestDatabase database = TestDatabase.at(url)) {
                boolean h2 = url.startsWith("jdbc:h2");
                database.execute(
                        h2
                                ? WORK.formatted(
                                        "random_uuid()", "(select x as n from system_range(1, " + MANY + "))", 10)
                                : WORK.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n", 10));
                List<Workload> all = database.jobs().store().workloads(1_000_000);
                assertThat(all).hasSize(10);
                assertThat(all.stream().mapToLong(Workload::waiting).sum()).isEqualTo(MANY / 2);
                assertThat(all.stream().mapToLong(Workload::running).sum()).isEqualTo(MANY / 200);
                assertThat(all.stream().mapToLong(Workload::scheduled).sum()).isEqualTo(MANY / 2 - MANY / 200);
                assertThat(all.stream()
                                .filter(one -> one.kind().equals(new JobKind("k9")))
                                .findFirst()
                                .orElseThrow()
                                .oldest())
                        .isBetween(Duration.ofSeconds(MANY - 101), Duration.ofSeconds(MANY));
            }
        }
    }
}
