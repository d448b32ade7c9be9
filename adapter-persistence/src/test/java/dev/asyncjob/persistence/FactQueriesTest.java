package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What only the databases know of a job: locks of other transactions, and the cost of the queries. */
final class FactQueriesTest {
    private static final int MANY = 4_000;

    private static final String JOBS = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                planned_at, ended_at, kept_until, fingerprint)
            select %1$s, 'o', 'k' || mod(n, 4), 'DONE', array['e'], array[cast(null as varchar)], current_timestamp,
                current_timestamp, current_timestamp, current_timestamp - interval '1' hour, current_timestamp, 'f'
            from %2$s
            """;

    private static final String WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
            select id, kind, created_at, 0, 5, 0, false, 'null' from asyncjob.job
            """;

    private static JobFacts.Queue queue(JobStore store, NewJob job) {
        JobFacts facts = store.facts(null, job.id()).orElseThrow();
        return Objects.requireNonNull(Objects.requireNonNull(facts.work()).queue());
    }

    private static NewJob askedFor(JobStore store) {
        assertThat(Jobs.claimFrom(store, 1)).isEmpty();
        NewJob job = Jobs.newJob();
        Jobs.accepted(store.schedule(job, Jobs.EXPECTED));
        return job;
    }

    @Test
    void postgresql_tells_since_when_the_transaction_is_open_that_has_locked_a_job() throws SQLException {
        DatabaseSettings settings =
                DatabaseSettings.defaults().withUrl(PostgresServer.shared().newDatabase());
        try (TestDatabase database = new TestDatabase(settings);
                Connection rogue = TestDatabase.connect(settings);
                Statement statement = rogue.createStatement();
                Connection other = TestDatabase.connect(settings);
                Statement second = other.createStatement()) {
            JobStore store = database.jobs().store();
            NewJob job = askedFor(store);
            assertThat(queue(store, job).lock()).isNull();
            rogue.setAutoCommit(false);
            for (String lock : List.of(
                    "select 1 from asyncjob.work for update",
                    "select 1 from asyncjob.work for key share",
                    "update asyncjob.work set payload = payload")) {
                statement.execute("select pg_current_xact_id()");
                statement.execute(lock);
                Instant since = begin(statement);

                assertThat(queue(store, job).lock()).as(lock).isEqualTo(new JobFacts.Lock(since));
                assertThat(Explanation.of(store.facts(null, job.id()).orElseThrow()))
                        .isEqualTo(new Explanation.Locked(since));
                assertThat(Jobs.claimFrom(store, 1)).isEmpty();
                rogue.rollback();
            }
            statement.execute("select 1 from asyncjob.work for share");
            second.execute("begin; select 1 from asyncjob.work for share");
            assertThat(queue(store, job).lock()).as("a lock that several share").isEqualTo(new JobFacts.Lock(null));
            rogue.rollback();
            second.execute("rollback");

            assertThat(queue(store, job).lock()).isNull();
            assertThat(Jobs.claimFrom(store, 1)).hasSize(1);
        }
    }

    private static Instant begin(Statement statement) throws SQLException {
        try (ResultSet rs = statement.executeQuery("select transaction_timestamp()")) {
            rs.next();
            return rs.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    @Test
    void h2_tells_that_another_transaction_has_locked_a_job() throws SQLException {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl("jdbc:h2:mem:locked-facts");
        try (TestDatabase database = new TestDatabase(settings);
                Connection rogue = TestDatabase.connect(settings);
                Statement statement = rogue.createStatement()) {
            JobStore store = database.jobs().store();
            NewJob job = askedFor(store);
            assertThat(queue(store, job).lock()).isNull();
            rogue.setAutoCommit(false);
            statement.execute("select 1 from asyncjob.work for update");

            assertThat(queue(store, job).lock()).isEqualTo(new JobFacts.Lock(null));
            rogue.rollback();
            assertThat(queue(store, job).lock()).isNull();
        }
    }

    @Test
    void kinds_of_long_ago_are_forgotten_and_each_is_written_once_in_ten_seconds() {
        for (String url : List.of("jdbc:h2:mem:asked", PostgresServer.shared().newDatabase())) {
            try (TestDatabase database = TestDatabase.at(url)) {
                JobStore store = database.jobs().store();
                String kinds = "select kind from asyncjob.kind order by kind";
                String times = "select last_asked_at from asyncjob.kind order by kind";
                store.claim(Jobs.claim(1, new JobKind("a")));
                assertThat(database.query(kinds)).isEmpty();

                store.maintain();
                List<String> written = database.query(times);
                store.claim(Jobs.claim(1, new JobKind("a")));
                store.maintain();
                assertThat(database.query(kinds)).containsExactly("a");
                assertThat(database.query(times)).isEqualTo(written);

                database.timePasses(Duration.ofDays(31));
                store.claim(Jobs.claim(1, new JobKind("b")));
                store.maintain();
                assertThat(database.query(kinds)).as("a was asked for since").containsExactly("a", "b");
                database.timePasses(Duration.ofDays(31));
                store.claim(Jobs.claim(1, new JobKind("c")));
                store.maintain();
                assertThat(database.query(kinds)).containsExactly("c");
            }
        }
    }

    @Test
    void a_claim_and_an_outcome_write_no_kind_and_read_nothing_more() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:history-column")) {
            JobStore store = database.jobs().store();
            NewJob job = Jobs.newJob();
            Jobs.settle(store, Jobs.scheduledAndClaimed(store, job), Jobs.DONE);

            assertThat(database.query("select history from asyncjob.job"))
                    .singleElement()
                    .satisfies(line -> assertThat(line).matches("1 [0-9]{16} [0-9]{16} D worker-1\\n"));
            assertThat(database.query("select kind from asyncjob.kind")).isEmpty();
        }
    }

    @Test
    void a_line_that_was_cut_is_not_read() {
        EndedAttempt attempt = new EndedAttempt(
                3, new WorkerId("w"), null, Instant.parse("2022-10-24T12:35:46Z"), EndedAttempt.End.FAILED, "a b");
        String column = HistoryColumn.with(attempt, null);

        assertThat(column).isEqualTo("3 - 1666614946000000 F w a b\n");
        assertThat(HistoryColumn.read(column)).containsExactly(attempt);
        assertThat(HistoryColumn.read(column + "2 - 16666149")).containsExactly(attempt);
        assertThat(HistoryColumn.read(HistoryColumn.with(attempt, column.repeat(1000))))
                .hasSize(EndedAttempt.MAX_KEPT)
                .containsOnly(attempt);
        assertThat(HistoryColumn.with(attempt, column.repeat(1000))).hasSize(8000);
        assertThat(HistoryColumn.read(null)).isEmpty();
    }

    @Test
    void the_queries_read_by_index_up_to_their_limits() {
        try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:facts")) {
            database.execute(JOBS.formatted("random_uuid()", "(select x as n from system_range(1, " + MANY + "))"));
            database.execute(WORK);

            assertThat(database.query("explain analyze " + text(FactQueries.QUEUE, "current_timestamp"))
                            .get(0))
                    .contains("WORK_DUE", "JOB_TOOK")
                    .doesNotContain("tableScan")
                    .doesNotContainPattern("JOB_TOOK[^*]*\\*/[^*]*scanCount: [0-9]{2}");
        }
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            database.execute(JOBS.formatted("gen_random_uuid()", "generate_series(1, " + MANY + ") n"));
            database.execute(WORK);
            database.execute("analyze asyncjob.job");
            database.execute("analyze asyncjob.work");
            database.execute(Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());

            assertThat(String.join("\n", database.query("explain " + text(FactQueries.QUEUE, "statement_timestamp()"))))
                    .doesNotContain("Seq Scan", "Sort")
                    .contains("work_due", "job_took", "kind_pkey");
        }
    }

    private static String text(String statement, String now) {
        return statement
                .replace(":kind", "'k1'")
                .replace(":availableAt", now)
                .replace("<now>", now)
                .replace("\\<", "<");
    }
}
