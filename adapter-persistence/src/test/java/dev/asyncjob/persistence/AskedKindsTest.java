package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.testkit.Jobs;
import org.junit.jupiter.api.Test;

/** The kinds that workers have asked for, when somebody has invented many. */
final class AskedKindsTest {
    private static final String INVENT = """
            insert into asyncjob.kind (kind, last_asked_at)
            select 'invented-' || x, current_timestamp - interval '%s' day from %s
            """;

    private static void assertNoNewOneIsKept(String url, String numbers) {
        try (TestDatabase database = TestDatabase.at(url)) {
            database.execute(INVENT.formatted(1, numbers));
            claim(database, "new", "invented-7");

            assertThat(database.query("select kind from asyncjob.kind order by last_asked_at desc, kind"))
                    .hasSize(NodeTimes.MAX_STORED)
                    .startsWith("invented-7")
                    .doesNotContain("new");
        }
    }

    private static void assertOldOnesMakeRoom(String url, String numbers) {
        try (TestDatabase database = TestDatabase.at(url)) {
            database.execute(INVENT.formatted(31, numbers));
            claim(database, "invented-7");
            assertThat(database.query("select kind from asyncjob.kind")).containsExactly("invented-7");
        }
    }

    private static void claim(TestDatabase database, String... kinds) {
        JobStore store = database.jobs().store();
        for (String kind : kinds) {
            assertThat(store.claim(Jobs.claim(1, new JobKind(kind)))).isEmpty();
        }
        store.maintain();
    }

    @Test
    void a_full_table_on_h2() {
        String numbers = "system_range(1, " + NodeTimes.MAX_STORED + ")";
        assertNoNewOneIsKept("jdbc:h2:mem:", numbers);
        assertOldOnesMakeRoom("jdbc:h2:mem:", numbers);
    }

    @Test
    void a_full_table_on_postgresql() {
        String numbers = "generate_series(1, " + NodeTimes.MAX_STORED + ") as numbers (x)";
        assertNoNewOneIsKept(PostgresServer.shared().newDatabase(), numbers);
        assertOldOnesMakeRoom(PostgresServer.shared().newDatabase(), numbers);
    }
}
