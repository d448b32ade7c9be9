package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instants mean the same to every node and every database, also in the hour that clocks show twice. */
final class InstantsTest {
    /** 01:30 in New York for the first and for the second time, the end of summer time, and its beginning. */
    private static final List<String> INSTANTS = List.of(
            "2045-11-05T05:30:00.123456Z",
            "2045-11-05T06:30:00.123456Z",
            "2045-11-05T06:00:00Z",
            "2045-03-12T07:00:00Z",
            "2045-03-12T06:59:59.999999Z",
            "9900-01-01T00:00:00Z");

    /** Schedules a job for each instant and prints the instant that it reads. */
    static final class Node {
        private Node() {}

        public static void main(String[] arguments) {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(arguments[0]), JobStoreContract.POLICY)) {
                for (String instant : INSTANTS) {
                    NewJob job = Jobs.newJob().notBefore(Instant.parse(instant));
                    database.store().schedule(job, Duration.ZERO);
                    System.out.println("from " + begin(database.store(), job));
                }
            }
        }
    }

    private static Instant begin(JobStore store, NewJob job) {
        AsyncJob read = store.find(Jobs.OWNER, job.id()).orElseThrow().job();
        return ((AsyncJob.Pending) read).eta().from();
    }

    @Test
    @Tag("soak")
    void a_node_where_clocks_are_set_back_keeps_instants_in_postgresql() throws IOException {
        try (TestDatabase database = TestDatabase.at(PostgresServer.shared().newDatabase())) {
            assertThat(readInNewYork(database.url())).isEqualTo(INSTANTS);
            assertThat(database.query("select cast(extract(epoch from planned_from) * 1000000 as bigint)"
                            + " from asyncjob.job order by created_at"))
                    .isEqualTo(micros());
        }
    }

    @Test
    void a_node_where_clocks_are_set_back_keeps_instants_in_h2(@TempDir Path folder) throws IOException {
        String url = "jdbc:h2:file:" + folder.resolve("jobs");
        assertThat(readInNewYork(url)).isEqualTo(INSTANTS);
        try (TestDatabase database = TestDatabase.at(url)) {
            assertThat(database.query("select cast(extract(epoch from planned_from) * 1000000 as bigint)"
                            + " from asyncjob.job order by created_at"))
                    .isEqualTo(micros());
        }
    }

    @Test
    void instants_finer_than_a_microsecond_are_returned_as_later_read_and_never_early() {
        for (String url : List.of("jdbc:h2:mem:", PostgresServer.shared().newDatabase())) {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY)) {
                NewJob job = Jobs.newJob().notBefore(Instant.parse("2045-01-01T00:00:00.000000001Z"));

                AsyncJob answer = Jobs.accepted(database.store().schedule(job, Duration.ofNanos(1)))
                        .job();

                assertThat(database.store()
                                .find(Jobs.OWNER, job.id())
                                .orElseThrow()
                                .job())
                        .isEqualTo(answer);
                assertThat(begin(database.store(), job)).isEqualTo(Instant.parse("2045-01-01T00:00:00.000001Z"));
            }
        }
    }

    private static List<String> micros() {
        return INSTANTS.stream()
                .map(Instant::parse)
                .map(instant -> Long.toString(instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000))
                .toList();
    }

    private static List<String> readInNewYork(String url) throws IOException {
        try (JavaProcess node = JavaProcess.of(Node.class, url)
                .options("-Duser.timezone=America/New_York")
                .start()) {
            return node.remainingLines().stream()
                    .filter(line -> line.startsWith("from "))
                    .map(line -> line.substring("from ".length()))
                    .toList();
        }
    }
}
