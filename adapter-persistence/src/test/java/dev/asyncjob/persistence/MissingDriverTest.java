package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The drivers are optional: the store needs only the one of its database, and names it if it is missing. */
final class MissingDriverTest {
    private static final String H2 = "jdbc:h2:mem:without-postgresql";

    /** Finishes one job, or prints why the database cannot be opened. */
    static final class Node {
        private Node() {}

        public static void main(String[] arguments) {
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(arguments[0]);
            try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
                JobStore store = database.store();
                ClaimedJob claimed = Jobs.scheduledAndClaimed(store, Jobs.newJob());
                System.out.println(Jobs.accepted(Jobs.settle(store, claimed, Jobs.DONE))
                        .job()
                        .status());
                store.maintain();
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** Runs a node whose class path lacks the jars with these prefixes, and returns what it prints. */
    private static List<String> run(String url, String... missing) {
        String classPath = Arrays.stream(JavaProcess.testClassPath().split(File.pathSeparator))
                .filter(entry -> Arrays.stream(missing).noneMatch(new File(entry).getName()::startsWith))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(classPath).isNotEqualTo(JavaProcess.testClassPath());
        try (JavaProcess node =
                JavaProcess.of(Node.class, url).classPath(classPath).start()) {
            return node.remainingLines();
        }
    }

    @Test
    void h2_needs_no_postgresql_driver() {
        assertThat(run(H2, "postgresql-", "flyway-database-postgresql-", "checker-qual-"))
                .containsExactly("DONE");
    }

    @Test
    void postgresql_needs_no_h2_driver() {
        assertThat(run(PostgresServer.shared().newDatabase(), "h2-", "checker-qual-"))
                .containsExactly("DONE");
    }

    @Test
    void a_missing_h2_driver_is_named() {
        assertThat(run(H2, "h2-"))
                .containsExactly("cannot open " + H2
                        + ": org.h2.Driver is not on the class path: add the dependency com.h2database:h2");
    }

    @Test
    void a_missing_postgresql_driver_is_named() {
        assertThat(run("jdbc:postgresql://127.0.0.1:1/jobs", "postgresql-"))
                .containsExactly("cannot open jdbc:postgresql://127.0.0.1:1/jobs: org.postgresql.Driver is not on the"
                        + " class path: add the dependency org.postgresql:postgresql");
    }

    @Test
    void flyways_missing_part_for_postgresql_is_named() {
        assertThat(run("jdbc:postgresql://127.0.0.1:1/jobs", "flyway-database-postgresql-"))
                .singleElement()
                .asString()
                .endsWith("add the dependency org.flywaydb:flyway-database-postgresql");
    }
}
