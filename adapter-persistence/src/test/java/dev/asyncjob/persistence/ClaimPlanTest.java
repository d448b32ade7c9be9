package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A claim reads only the rows that it takes, in a table of any size: the plans, and their effect. */
final class ClaimPlanTest {
    private static final int MANY = 20_000;

    private static final String JOBS = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, fingerprint)
            select %1$s, 'o', 'k' || mod(n, 4), 'PENDING', array['e'], array[cast(null as varchar)], current_timestamp,
                current_timestamp, current_timestamp, 'f' from %2$s
            """;

    private static final String WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
            select id, kind, created_at, 0, 5, 0, false, 'null' from asyncjob.job
            """;

    @Test
    void h2_reads_the_index_in_its_order() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            fill(database, "random_uuid()", "(select x as n from system_range(1, " + MANY + "))");
            String plan = database.query("explain analyze "
                            + H2Claims.SELECT_DUE
                                    .replace("<now>", "current_timestamp")
                                    .replace(":kind", "'k1'")
                                    .replace(":max", "10"))
                    .get(0);

            assertThat(plan).contains("WORK_DUE", "index sorted").containsPattern("scanCount: 1[0-9]\\D");
        }
    }

    @Test
    void postgresql_reads_by_index_before_and_after_analyze() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());
            database.execute("set plan_cache_mode = force_generic_plan");
            database.execute("set statement_timeout = 0"); // the rows take long on a busy machine
            database.execute(
                    "prepare claim (varchar array, varchar, bigint, varchar, varchar, integer, integer, integer array) as "
                            + PostgresClaims.CLAIM
                                    .replace("<now>", "statement_timestamp()")
                                    .replace(":max", "$6")
                                    .replace(":kinds", "$1")
                                    .replace(":from", "$2")
                                    .replace(":lease", "$3")
                                    .replace(":worker", "$4")
                                    .replace(":claimId", "$5")
                                    .replace(":ready", "$7")
                                    .replace(":rooms", "$8"));
            assertThat(plan(database)).as("empty").doesNotContain("Seq Scan");

            fill(database, "gen_random_uuid()", "generate_series(1, " + MANY + ") n");
            assertThat(plan(database)).as("filled").doesNotContain("Seq Scan");

            database.execute("analyze asyncjob.work");
            database.execute("analyze asyncjob.job");
            assertThat(plan(database)).as("analysed").doesNotContain("Seq Scan").contains("work_due");
        }
    }

    @Test
    @Tag("soak")
    void claims_of_several_kinds_from_several_threads_and_nodes_find_every_job_once() throws Exception {
        for (String url : List.of("jdbc:h2:mem:claims", PostgresServer.shared().newDatabase())) {
            try (TestDatabase database = TestDatabase.at(url);
                    TestDatabase another = TestDatabase.at(url)) {
                boolean h2 = database.jobs().dialect().equals("h2");
                fill(
                        database,
                        h2 ? "random_uuid()" : "gen_random_uuid()",
                        h2
                                ? "(select x as n from system_range(1, " + MANY + "))"
                                : "generate_series(1, " + MANY + ") n");
                long start = System.nanoTime();
                List<ClaimedJob> claimed =
                        claimAll(database.jobs().store(), another.jobs().store());
                Duration took = Duration.ofNanos(System.nanoTime() - start);

                assertThat(claimed)
                        .extracting(job -> job.job().id())
                        .hasSize(MANY)
                        .doesNotHaveDuplicates();
                System.out.printf(
                        "ClaimPlanTest: %s, %d jobs of 4 kinds in batches of 50 by 4 threads in %d ms%n",
                        database.jobs().dialect(), MANY, took.toMillis());
            }
        }
    }

    private static List<ClaimedJob> claimAll(JobStore store, JobStore another) throws Exception {
        Set<JobKind> kinds = Set.of(new JobKind("k0"), new JobKind("k1"), new JobKind("k2"), new JobKind("k3"));
        Claim claim = new Claim(Jobs.WORKER, kinds, 50, Jobs.LEASE);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<List<ClaimedJob>>> claimers = Stream.of(store, another, store, another)
                .<Callable<List<ClaimedJob>>>map(node -> () -> claimUntilNone(node, claim))
                .toList();
        List<ClaimedJob> all = new ArrayList<>();
        for (Future<List<ClaimedJob>> some : threads.invokeAll(claimers)) {
            all.addAll(some.get());
        }
        threads.shutdown();
        all.addAll(claimUntilNone(store, claim));
        return all;
    }

    private static List<ClaimedJob> claimUntilNone(JobStore store, Claim claim) {
        List<ClaimedJob> all = new ArrayList<>();
        for (List<ClaimedJob> some = store.claim(claim); !some.isEmpty(); some = store.claim(claim)) {
            all.addAll(some);
        }
        return all;
    }

    private static void fill(TestDatabase database, String id, String numbers) {
        assertThat(database.execute(JOBS.formatted(id, numbers))).isEqualTo(MANY);
        database.execute(WORK);
    }

    private static String plan(TestDatabase database) {
        return String.join(
                "\n",
                database.query(
                        "explain execute claim (array['k1', 'k2'], '-infinity', 1, 'w', null, 10, 10, array[null, 5])"));
    }
}
