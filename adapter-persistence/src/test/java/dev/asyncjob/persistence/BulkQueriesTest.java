package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobFilter.Place;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Bulk interventions beside locks of others, and beside any number of jobs that have ended. */
class BulkQueriesTest {
    private static final int MANY = 20_000;

    /** Almost all have failed, every thousandth is pending; what a retry needs is kept of every thousandth. */
    private static final List<String> JOBS = List.of("""
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, ended_at, kept_until, failure, fingerprint)
            select %1$s, 'o' || mod(n, 100), 'k', case mod(n, 1000) when 1 then 'PENDING' else <ended> end,
                array['e'], array[cast(null as varchar)], current_timestamp - n * interval '1' second, current_timestamp,
                current_timestamp, case mod(n, 1000) when 1 then null else current_timestamp end,
                case mod(n, 1000) when 1 then null else current_timestamp + interval '1' day end,
                case when mod(n, 1000) = 1 or <ended> = 'DONE' then null else 'no' end, 'f' || mod(n, 1000) from %2$s
            """, """
            insert into asyncjob.failed_work (job_id, kept_until, max_attempts, payload)
            select id, current_timestamp + interval '1' day, 5, '1' from asyncjob.job where fingerprint = 'f7'
            """);

    private static final String NOT_KEPT =
            BulkQueries.counting(BulkQueries.notKept(new Bulk(Bulk.Action.RETRY, JobFilter.ANY, 10)));

    private static void insert(TestDatabase database, boolean h2, String ended) {
        String ids = h2 ? "random_uuid()" : "gen_random_uuid()";
        String numbers =
                h2 ? "(select x as n from system_range(1, " + MANY + "))" : "generate_series(1, " + MANY + ") n";
        JOBS.forEach(text -> database.execute(text.formatted(ids, numbers).replace("<ended>", "'" + ended + "'")));
        database.execute(h2 ? "analyze" : "analyze asyncjob.job");
        database.execute(h2 ? "analyze" : "analyze asyncjob.failed_work");
    }

    private static String text(String statement, boolean h2) {
        return "explain " + (h2 ? "analyze " : "")
                + statement
                        .replace("<now>", h2 ? "current_timestamp" : "statement_timestamp()")
                        .replace("\\<", "<")
                        .replace(":owner", "'o1'")
                        .replace(":kind", "'k'")
                        .replace(":createdAt", "timestamp with time zone '2100-01-01 00:00:00+00:00'")
                        .replace(":id", "cast('00000000-0000-4000-8000-000000000000' as uuid)");
    }

    private static Stream<String> statements(Bulk bulk) {
        Place place = new Place(Instant.parse("2100-01-01T00:00:00Z"), Jobs.newId());
        return Stream.of(
                BulkQueries.matching(bulk, "j.id", null, 11),
                BulkQueries.matching(bulk, "j.id", place, 11),
                BulkQueries.counting(BulkQueries.matching(bulk, "1", null, 11)));
    }

    private static Stream<String> statements(Bulk.Action action) {
        return Stream.of(
                        JobFilter.ANY,
                        JobFilter.ANY.withKind(new JobKind("k")),
                        JobFilter.ANY.withOwner(new Owner("o1")))
                .flatMap(filter -> statements(new Bulk(action, filter, 10)));
    }

    @Test
    void pending_jobs_are_found_by_an_index_beside_many_that_are_done() {
        for (boolean h2 : new boolean[] {true, false}) {
            try (TestDatabase database = TestDatabase.at(
                    h2 ? "jdbc:h2:mem:" : PostgresServer.shared().newDatabase())) {
                insert(database, h2, "DONE");
                assertThat(String.join("\n", database.query(text(NOT_KEPT, h2))))
                        .containsPattern("(?i)job_(by_status|attention)");
                assertThat(statements(Bulk.Action.CANCEL))
                        .allSatisfy(statement -> assertThat(String.join("\n", database.query(text(statement, h2))))
                                .doesNotContain("Seq Scan on job", "tableScan")
                                .containsPattern("(?i)job_(by_status|by_owner|attention|owner_attention|backlog)")
                                .doesNotContainPattern("scanCount: [0-9]{4}"));
            }
        }
    }

    @Test
    void jobs_to_retry_are_found_by_what_is_kept_of_them_beside_many_of_which_nothing_is() {
        for (boolean h2 : new boolean[] {true, false}) {
            try (TestDatabase database = TestDatabase.at(
                    h2 ? "jdbc:h2:mem:" : PostgresServer.shared().newDatabase())) {
                insert(database, h2, "FAILED");
                assertThat(statements(Bulk.Action.RETRY))
                        .allSatisfy(statement -> assertThat(String.join("\n", database.query(text(statement, h2))))
                                .doesNotContain("Seq Scan on job")
                                .containsIgnoringCase("failed_work")
                                .doesNotContainPattern("scanCount: [0-9]{3}"));
                assertThat(String.join("\n", database.query(text(NOT_KEPT, h2))))
                        .doesNotContain("Seq Scan on job", "tableScan")
                        .doesNotContainPattern("scanCount: [0-9]{3}");
            }
        }
    }

    @Test
    void a_job_that_another_transaction_holds_is_left_and_said_to_be() throws Exception {
        for (String url :
                List.of("jdbc:h2:mem:bulk-locked", PostgresServer.shared().newDatabase())) {
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
            try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                    Connection other = TestDatabase.connect(settings);
                    Statement statement = other.createStatement()) {
                JobStore store = database.store();
                List<JobId> ids = Stream.generate(Jobs::newJob)
                        .limit(2)
                        .peek(job -> Jobs.accepted(store.schedule(job, Jobs.EXPECTED)))
                        .map(job -> job.id())
                        .toList();
                Bulk bulk = new Bulk(Bulk.Action.CANCEL, JobFilter.ANY, 10);
                Intervention by = new Intervention(UUID.randomUUID(), Jobs.OTHER_OWNER, "r");
                other.setAutoCommit(false);
                statement.executeUpdate("update asyncjob.work set worker = worker where job_id = '" + ids.get(0) + "'");

                assertThat(store.interventions().cancel(ids, bulk, by)).isEqualTo(new Bulk.Step(1, 1));
                other.rollback();
                assertThat(store.interventions().cancel(ids, bulk, by)).isEqualTo(new Bulk.Step(1, 0));
                assertThat(store.interventions().audit(null, 9).entries())
                        .singleElement()
                        .satisfies(entry -> assertThat(entry.count()).isEqualTo(2));
            }
        }
    }

    @Test
    void jobs_beside_one_whose_row_is_locked_are_cancelled() throws Exception {
        for (String url :
                List.of("jdbc:h2:mem:bulk-row-locked", PostgresServer.shared().newDatabase())) {
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
            try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
                    Connection other = TestDatabase.connect(settings);
                    Statement statement = other.createStatement()) {
                JobUseCases jobs = JobUseCases.over(database.store(), JobStoreContract.POLICY);
                List<JobId> ids = Stream.generate(Jobs::newJob)
                        .limit(30)
                        .peek(job -> Jobs.accepted(jobs.schedule(job)))
                        .map(NewJob::id)
                        .toList();
                Bulk bulk = new Bulk(Bulk.Action.CANCEL, JobFilter.ANY, 100);
                other.setAutoCommit(false);
                statement.executeUpdate("update asyncjob.job set kind = kind where id = '" + ids.get(7) + "'");

                assertThat(jobs.change(bulk, Jobs::newId, operator())).isEqualTo(new Bulk.Result(29, true, null));
                other.rollback();
                assertThat(jobs.change(bulk, Jobs::newId, operator())).isEqualTo(new Bulk.Result(1, false, null));
            }
        }
    }

    private static Intervention operator() {
        return new Intervention(UUID.randomUUID(), Jobs.OTHER_OWNER, "r");
    }

    @Test
    void a_step_of_retries_has_no_more_payload_than_a_claim() {
        Payload large = new Payload("\"" + "x".repeat(1_000_000) + "\"");
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY)) {
                JobStore store = database.store();
                List<Retry> retries = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    NewJob job = Jobs.newJob().withPayload(large);
                    Jobs.accepted(store.schedule(job, Jobs.EXPECTED));
                    Jobs.accepted(Jobs.settle(store, Jobs.claimed(store, job.id()), Outcome.failed(new Failure("no"))));
                    retries.add(new Retry(job.id(), Jobs.newId(), null, null));
                }
                Bulk bulk = new Bulk(Bulk.Action.RETRY, JobFilter.ANY, 100);

                assertThat(store.interventions().retry(retries, Map.of(Jobs.KIND, Jobs.EXPECTED), bulk, operator()))
                        .isEqualTo(new Bulk.Step(4, 2));
                assertThat(JobUseCases.over(store, JobStoreContract.POLICY).change(bulk, Jobs::newId, operator()))
                        .isEqualTo(new Bulk.Result(2, false, 0));
            }
        }
    }
}
