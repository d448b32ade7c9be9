package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever is wrong with the sessions in the pool, calls succeed again soon after new sessions would be good. */
@Timeout(60)
final class SessionRecoveryTest {
    private static final Duration SOON = Duration.ofSeconds(2);

    private final PostgresServer server = PostgresServer.shared();
    private final String url = server.newDatabase();
    private final String name = url.replaceFirst(".*/", "").replaceFirst("\\?.*", "");

    private static JobDatabase open(DatabaseSettings settings) {
        return JobDatabase.open(settings, JobStoreContract.POLICY);
    }

    private static DatabaseSettings at(String url) {
        return DatabaseSettings.defaults().withUrl(url).withPoolSize(3);
    }

    private void endSessions() {
        server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'");
    }

    private static boolean works(JobStore store) {
        try {
            Jobs.accepted(store.schedule(Jobs.newJob(), Jobs.EXPECTED));
            return true;
        } catch (StoreUnavailable e) {
            return false;
        }
    }

    private static void assertWorksSoon(JobStore store) {
        long start = System.nanoTime();
        while (!works(store)) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
        for (int i = 0; i < 6; i++) {
            assertThat(works(store)).isTrue(); // on every session
        }
    }

    @Test
    void sessions_that_are_read_only_are_replaced() {
        open(at(url)).close();
        server.execute("alter database " + name + " set default_transaction_read_only = on");
        try (JobDatabase database = open(at(url).withMigrate(false))) {
            assertThat(works(database.store())).isFalse();

            server.execute("alter database " + name + " reset default_transaction_read_only");

            assertWorksSoon(database.store());
        }
    }

    @Test
    void a_password_that_was_changed_is_read_again() {
        AtomicReference<DatabaseCredentials> present = new AtomicReference<>();
        try (JobDatabase database = openWithPassword("rotated", present)) {
            assertThat(works(database.store())).isTrue();
            server.execute("alter role rotated password 'two'");
            assertThat(works(database.store())).isTrue();
            present.set(new DatabaseCredentials("rotated", "two"));
            endSessions();

            assertWorksSoon(database.store());
        }
    }

    @Test
    void a_password_that_is_changed_in_the_database_first_is_tried_again() {
        AtomicReference<DatabaseCredentials> present = new AtomicReference<>();
        try (JobDatabase database = openWithPassword("later", present)) {
            server.execute("alter role later password 'two'");
            present.set(null); // the source of the credentials fails meanwhile
            endSessions();
            assertThat(works(database.store())).isFalse();
            assertThat(works(database.store())).isFalse();

            present.set(new DatabaseCredentials("later", "two"));

            assertWorksSoon(database.store());
        }
    }

    private JobDatabase openWithPassword(String role, AtomicReference<DatabaseCredentials> present) {
        server.execute("create role " + role + " login superuser password 'one'");
        server.requirePassword(role);
        present.set(new DatabaseCredentials(role, "one"));
        Supplier<DatabaseCredentials> source = () -> {
            DatabaseCredentials credentials = present.get();
            if (credentials == null) {
                throw new IllegalStateException("not readable");
            }
            return credentials;
        };
        return open(at(url.replaceFirst("\\?.*", "")).withCredentials(source));
    }

    @Test
    @Tag("soak")
    void a_database_that_is_dropped_and_restored_works_again() {
        try (JobDatabase database = open(at(url))) {
            server.execute("drop database " + name + " with (force)");
            assertThat(works(database.store())).isFalse();
            assertThat(works(database.store())).isFalse();

            server.execute("create database " + name);
            open(at(url)).close();

            assertWorksSoon(database.store());
        }
    }

    @Test
    void a_schema_that_is_dropped_and_restored_with_other_types_works_again() {
        try (TestDatabase database = TestDatabase.at(url)) {
            JobStore store = database.jobs().store();
            assertWorksSoon(store);
            assertThat(store.find(Jobs.OWNER, Jobs.newId())).isEmpty();
            database.execute("alter table asyncjob.job alter column owner type text");
            database.execute("drop schema asyncjob cascade");
            open(at(url)).close();

            assertWorksSoon(store);
            assertThat(store.find(Jobs.OWNER, Jobs.newId())).isEmpty();
        }
    }

    @Test
    void too_many_connections_are_not_too_many_for_ever() {
        server.execute("create role crowded login superuser");
        server.execute("alter role crowded nosuperuser");
        server.execute("grant all on database " + name + " to crowded");
        String theirs = url.replace("user=postgres", "user=crowded");
        open(at(theirs)).close();
        try (JobDatabase database = open(at(theirs))) {
            server.execute("alter role crowded connection limit 0");
            endSessions();
            assertThat(works(database.store())).isFalse();
            assertThat(works(database.store())).isFalse();

            server.execute("alter role crowded connection limit -1");

            assertWorksSoon(database.store());
        }
    }

    @Test
    void an_encoding_that_cannot_store_all_texts_is_refused() {
        for (String encoding : new String[] {"LATIN1", "WIN1251", "SQL_ASCII"}) {
            String other = name + encoding.toLowerCase(java.util.Locale.ROOT);
            server.execute("create database %s encoding '%s' template template0 lc_collate 'C' lc_ctype 'C'"
                    .formatted(other, encoding));
            assertThatIllegalStateException()
                    .isThrownBy(() -> open(at(server.url(other))))
                    .withMessageEndingWith("its encoding is " + encoding + ", but must be UTF8");
            assertThatIllegalStateException().isThrownBy(() -> JobDatabase.migrate(at(server.url(other))));
        }
    }

    @Test
    void credentials_that_are_wrong_at_the_start_are_an_error_at_once() {
        server.execute("create role wrong login password 'one'");
        server.requirePassword("wrong");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() ->
                        open(at(url.replaceFirst("\\?.*", "")).withUser("wrong").withPassword("s3cret")))
                .withMessageContaining("password authentication failed")
                .withMessageNotContaining("s3cret");
    }
}
