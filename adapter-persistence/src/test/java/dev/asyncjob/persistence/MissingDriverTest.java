package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
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
        String classPath = Arrays.stream(JavaProcess.testClassPath().split(File.pathSeparator, -1))
                .filter(entry -> Arrays.stream(missing).noneMatch(new File(entry).getName()::startsWith))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(classPath).isNotEqualTo(JavaProcess.testClassPath());
        try (JavaProcess node =
                JavaProcess.of(Node.class, url).classPath(classPath).start()) {
            return node.remainingLines();
        }
    }

    @Test
    @Tag("soak")
    void h2_needs_no_postgresql_driver() {
        assertThat(run(H2, "postgresql-", "flyway-database-postgresql-", "checker-qual-"))
                .containsExactly("DONE");
    }

    @Test
    @Tag("soak")
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

    @Test
    @Tag("soak")
    void a_driver_of_the_applications_own_class_loader_is_found() throws Exception {
        List<URL> library = new ArrayList<>();
        List<URL> application = new ArrayList<>();
        for (String entry : JavaProcess.testClassPath().split(File.pathSeparator, -1)) {
            String name = new File(entry).getName();
            (name.startsWith("h2-") || name.startsWith("postgresql-") ? application : library)
                    .add(new File(entry).toURI().toURL());
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader parent =
                        new URLClassLoader(library.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
                URLClassLoader child = new URLClassLoader(application.toArray(URL[]::new), parent)) {
            assertThat(application).hasSize(2);
            thread.setContextClassLoader(child);
            Method main = parent.loadClass(Node.class.getName()).getMethod("main", String[].class);
            main.setAccessible(true);
            PrintStream out = System.out;
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            System.setOut(new PrintStream(printed, true, UTF_8));
            try {
                for (String url : List.of(H2, PostgresServer.shared().newDatabase())) {
                    main.invoke(null, (Object) new String[] {url});
                }
            } finally {
                System.setOut(out);
            }
            assertThat(printed.toString(UTF_8).lines()).containsExactly("DONE", "DONE");
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
