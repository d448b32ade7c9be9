package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobFilter.Place;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.testkit.Jobs;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A page of the list reads about as many rows as it returns, of any number of jobs. */
class ListPlanTest {
    private static final int MANY = 20_000;

    /** Every thousandth has failed, every thousandth is pending. */
    private static final String JOBS = """
            insert into asyncjob.job (id, owner, kind, reference, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, ended_at, kept_until, failure, fingerprint)
            select %1$s, 'o' || mod(n, 100), 'k' || mod(n, 500),
                case mod(n, 2) when 0 then null else 'r' || mod(n, 20) end, case mod(n, 1000) when 0 then 'FAILED' when 1 then 'PENDING' else 'DONE' end,
                array['e'], array[cast(null as varchar)], current_timestamp - n * interval '1' second, current_timestamp,
                current_timestamp, case mod(n, 1000) when 1 then null else current_timestamp end,
                case mod(n, 1000) when 1 then null else current_timestamp + interval '1' day end,
                case mod(n, 1000) when 0 then 'no' else null end, 'f' from %2$s
            """;

    private static Stream<JobFilter> filters() {
        JobFilter page = JobFilter.ANY.withLimit(10);
        Place place = new Place(Instant.parse("2100-01-01T00:00:00Z"), Jobs.newId());
        return Stream.of(
                        page,
                        page.withOwner(new Owner("o7")),
                        page.withKind(new JobKind("k7")),
                        page.withKind(new JobKind("k7")).withStatus(JobStatus.DONE),
                        page.withOverdue(true),
                        page.withStatus(JobStatus.DONE),
                        page.withStatus(JobStatus.FAILED),
                        page.withStatus(JobStatus.PENDING),
                        page.withReference(new Reference("r7")).withOwner(new Owner("o7")))
                .flatMap(filter -> Stream.of(filter, filter.after(place)));
    }

    private static String text(JobFilter filter, String now) {
        return JobQueries.listing(filter)
                .replace("<now>", now)
                .replace("\\<", "<")
                .replace(":owner", "'o7'")
                .replace(":reference", "'r7'")
                .replace(":kind", filter.kind() == null ? "" : "'" + filter.kind() + "'")
                .replace(":createdAt", "timestamp with time zone '2100-01-01 00:00:00+00:00'")
                .replace(":id", "cast('00000000-0000-4000-8000-000000000000' as uuid)");
    }

    @Test
    void h2_reads_the_index_in_its_order() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            database.execute(JOBS.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))"));

            assertThat(filters())
                    .allSatisfy(filter -> assertThat(
                                    database.query("explain analyze " + text(filter, "current_timestamp"))
                                            .get(0))
                            .contains("index sorted")
                            .containsPattern("JOB_(CREATED|BY_OWNER|BY_STATUS|BY_KIND|BY_REFERENCE)")
                            .containsPattern("scanCount: 1[0-9]\\D")
                            .doesNotContainPattern("scanCount: [0-9]{3}"));
        }
    }

    /** With an operator's list by reference, each system sorts the few jobs of the reference, or reads in its order. */
    @Test
    void a_rare_reference_among_all_jobs_is_found_by_its_index() {
        JobFilter rare = JobFilter.ANY.withLimit(10).withReference(new Reference("rare"));
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            boolean h2 = url.startsWith("jdbc:h2");
            try (TestDatabase database = TestDatabase.at(url)) {
                database.execute(
                        h2
                                ? JOBS.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))")
                                : JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
                database.execute(h2 ? "analyze" : "analyze asyncjob.job");
                String query = text(rare, h2 ? "current_timestamp" : "statement_timestamp()")
                        .replace("'r7'", "'rare'");

                String plan = String.join("\n", database.query((h2 ? "explain analyze " : "explain ") + query));

                assertThat(plan).containsIgnoringCase("job_by_reference").doesNotContainPattern("scanCount: [0-9]{3}");
            }
        }
    }

    /** An owner's list of those that need attention does not read all that are done. */
    @Test
    void postgresql_finds_the_pending_jobs_of_an_owner_by_their_index() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
            database.execute("analyze asyncjob.job");
            JobFilter own = JobFilter.ANY.withLimit(10).withOwner(new Owner("o7"));
            for (JobFilter filter : List.of(
                    own.withStatus(JobStatus.PENDING), own.withStatus(JobStatus.FAILED), own.withOverdue(true))) {
                assertThat(String.join("\n", database.query("explain " + text(filter, "statement_timestamp()"))))
                        .doesNotContain("Seq Scan on job")
                        .contains("job_owner_attention");
            }
            assertThat(String.join(
                            "\n",
                            database.query("explain "
                                    + JobQueries.PENDING
                                            .replace(":owner", "'o7'")
                                            .replace(":max", "10"))))
                    .doesNotContain("Seq Scan on job")
                    .contains("job_owner_attention");
        }
    }

    @Test
    void an_owners_jobs_are_forgotten_by_their_index() {
        String forget = JobQueries.FORGET
                .replace("\\<", "<")
                .replace(":owner", "'o7'")
                .replace(":endedBy", "current_timestamp")
                .replace("<now>", "current_timestamp")
                .replace(":max", "10");
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            database.execute(JOBS.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))"));
            assertThat(database.query("explain " + forget).get(0))
                    .contains("PRIMARY_KEY", "JOB_BY_OWNER", "index sorted")
                    .doesNotContain("tableScan");
        }
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
            database.execute("analyze asyncjob.job");
            assertThat(String.join("\n", database.query("explain " + forget)))
                    .doesNotContain("Seq Scan on job", "Sort")
                    .contains("job_pkey", "job_by_owner");
        }
    }

    /** H2's indexes begin with the nulls. */
    @Test
    void h2_reads_no_pending_jobs_to_find_ended_ones() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            database.execute(
                    JOBS.formatted("random_uuid()", "(select 1 + 1000 * x as n from system_range(1, " + MANY + "))"));

            assertThat(Stream.of(H2Dialect.PAST, JobQueries.RECENT.replace("<max>", "50")))
                    .allSatisfy(statement -> assertThat(database.query("explain analyze "
                                            + statement
                                                    .replace(":max", "100")
                                                    .replace(":kind", "'k1'")
                                                    .replace("<now>", "current_timestamp")
                                                    .replace("\\<", "<"))
                                    .get(0))
                            .containsPattern("JOB_(KEPT_UNTIL|TOOK)")
                            .containsPattern("scanCount: 1\\D"));
        }
    }

    /** The few jobs of one reference of an owner may be sorted. */
    @Test
    void postgresql_neither_reads_nor_sorts_all() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
            database.execute("analyze asyncjob.job");
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());

            assertThat(filters())
                    .allSatisfy(
                            filter -> assertThat(String.join(
                                            "\n", database.query("explain " + text(filter, "statement_timestamp()"))))
                                    .doesNotContain("Seq Scan on job", filter.reference() == null ? "Sort" : "Seq Scan")
                                    .containsPattern(
                                            "(using|Index Scan on) job_(created|by_owner|by_owner_reference|attention|owner_attention|by_kind)"));
        }
    }

    @Test
    void h2_reads_a_backlog_in_its_index() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
            database.execute("""
                    insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased,
                        payload, client, payload_bytes)
                    select random_uuid(), 'k', current_timestamp, 0, 1, 0, false, '1', 'c' || mod(x, 100), 1
                    from system_range(1, %d)""".formatted(MANY));

            assertThat(database.query("explain analyze "
                                    + H2JobWriter.BACKLOG
                                            .replace(":client", "'c7'")
                                            .replace(":max", "10"))
                            .get(0))
                    .contains("WORK_BACKLOG")
                    .containsPattern("scanCount: 1[0-9]\\D")
                    .doesNotContainPattern("scanCount: [0-9]{3}");
        }
    }

    @Test
    void postgresql_reads_a_backlog_by_its_index() {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
            database.execute("analyze asyncjob.job");
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());

            assertThat(String.join(
                            "\n",
                            database.query("explain "
                                    + PostgresJobWriter.BACKLOG
                                            .replace(":client", "'o7'")
                                            .replace(":max", "10"))))
                    .doesNotContain("Seq Scan on job", "Sort")
                    .contains("job_backlog");
        }
    }
}
