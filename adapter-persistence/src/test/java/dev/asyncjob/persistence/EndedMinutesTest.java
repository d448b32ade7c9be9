package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.spi.JobObserver.JobEnd;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The counts of jobs that end, on their way from the memory of a node to the rows of all. */
final class EndedMinutesTest {
    private static final String ROWS =
            "select kind || ' ' || sum(ended) from asyncjob.ended_minute group by kind order by kind";

    private static Stream<String> urls() {
        return Stream.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase());
    }

    private static void end(JobStore store, String kind) {
        Jobs.accepted(store.schedule(Jobs.newJob(new JobKind(kind)), Jobs.EXPECTED));
        Jobs.accepted(
                Jobs.settle(store, store.claim(Jobs.claim(1, new JobKind(kind))).get(0), Jobs.DONE));
    }

    @ParameterizedTest
    @MethodSource("urls")
    void nodes_on_one_database_add_up_and_each_writes_a_kind_once_in_ten_seconds(String url) {
        try (TestDatabase database = TestDatabase.at(url);
                JobDatabase other = database.openAgain()) {
            JobStore store = database.jobs().store();
            end(store, "a");
            end(other.store(), "a");
            end(other.store(), "a");
            end(other.store(), "b");
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("a 1");
            other.store().maintain();
            assertThat(database.query(ROWS)).containsExactly("a 3", "b 1");

            end(store, "a");
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("a 3", "b 1");
            end(store, "c");
            store.maintain();
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("a 4", "b 1", "c 1");
        }
    }

    @ParameterizedTest
    @MethodSource("urls")
    void counts_that_were_not_written_are_written_the_next_time(String url) {
        try (TestDatabase database = TestDatabase.at(url)) {
            JobStore store = database.jobs().store();
            end(store, "a");
            database.execute("alter table asyncjob.ended_minute rename to elsewhere");
            assertThatThrownBy(store::maintain).isInstanceOf(RuntimeException.class);
            store.maintain(); // not so soon again
            database.execute("alter table asyncjob.elsewhere rename to ended_minute");
            end(store, "a");
            end(store, "b");
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("a 2", "b 1");
        }
    }

    @ParameterizedTest
    @MethodSource("urls")
    void rows_of_more_than_an_hour_ago_are_deleted(String url) {
        try (TestDatabase database = TestDatabase.at(url)) {
            JobStore store = database.jobs().store();
            end(store, "a");
            store.maintain();
            database.timePasses(Duration.ofMinutes(59));
            end(store, "b");
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("a 1", "b 1");
            database.timePasses(Duration.ofMinutes(2));
            end(store, "c");
            store.maintain();
            assertThat(database.query(ROWS)).containsExactly("b 1", "c 1");
        }
    }

    @ParameterizedTest
    @MethodSource("urls")
    void a_hundred_kinds_of_a_minute_are_counted_and_sixty_minutes_are_kept(String url) throws Exception {
        DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
        try (TestDatabase database = new TestDatabase(settings);
                Connection connection =
                        TestDatabase.connect(DatabaseSettings.defaults().withUrl(database.url()))) {
            SqlDialect dialect = Connections.of(DatabaseSettings.defaults().withUrl(database.url()))
                    .dialect();
            connection.setAutoCommit(false);
            EndedMinutes minutes = new EndedMinutes();
            Runnable write = minutes.writtenAfter(() -> {}, new CallerTransaction(connection, dialect), dialect);
            Instant now = Instant.now().truncatedTo(ChronoUnit.MINUTES);
            List<String> kinds = IntStream.range(0, EndedMinutes.MAX_KINDS)
                    .mapToObj(i -> "kind-" + (100 + i))
                    .toList();
            kinds.forEach(kind -> count(minutes, kind, now));
            write.run();
            count(minutes, "one-too-many", now);
            count(minutes, "kind-100", now);
            count(minutes, "later", now.plusSeconds(60));
            write.run();
            assertThat(rows(connection, dialect)).hasSize(101).contains("kind-100 2", "later 1");

            for (int i = 0; i <= EndedMinute.MINUTES; i++) {
                count(minutes, "minute-" + i, now.plusSeconds(120 + 60L * i));
            }
            write.run();
            assertThat(rows(connection, dialect))
                    .hasSize(101 + EndedMinute.MINUTES)
                    .doesNotContain("minute-0 1");
        }
    }

    private static void count(EndedMinutes minutes, String kind, Instant at) {
        minutes.ended(new JobKind(kind), JobEnd.DONE, at, at, at);
    }

    private static List<String> rows(Connection connection, SqlDialect dialect) {
        return new CallerTransaction(connection, dialect)
                .call(handle -> handle.createQuery(ROWS).mapTo(String.class).list());
    }
}
