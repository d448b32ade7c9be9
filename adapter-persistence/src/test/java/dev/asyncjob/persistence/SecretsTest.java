package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * No secret and no payload is in a log line, down to the level of debugging, or in an exception, of this module and its
 * libraries.
 */
final class SecretsTest {
    private static final String SECRET = "s3cret-w0rd";

    /**
     * The loggers to check; not the server's own, which embedded PostgreSQL repeats: it logs failing rows by its
     * settings.
     */
    private static final List<String> LOGGERS = List.of("dev.asyncjob", "com.zaxxer", "org.", "h2", "com.h2");

    @AutoClose
    private final CapturedLog log = new CapturedLog();

    /** Replaces the handlers of the root logger, and restores them at the end. */
    private static final class CapturedLog extends Handler implements AutoCloseable {
        private static final Logger ROOT = Logger.getLogger("");

        private final Queue<String> lines = new ConcurrentLinkedQueue<>();
        private final SimpleFormatter formatter = new SimpleFormatter();
        private final Level levelBefore = ROOT.getLevel();
        private final Handler[] handlersBefore = ROOT.getHandlers();

        CapturedLog() {
            for (Handler handler : handlersBefore) {
                ROOT.removeHandler(handler);
            }
            setLevel(Level.ALL);
            ROOT.addHandler(this);
            ROOT.setLevel(Level.FINE); // at finer levels the driver logs every byte that it sends, by design
        }

        @Override
        public void publish(LogRecord line) {
            if (LOGGERS.stream().anyMatch(String.valueOf(line.getLoggerName())::startsWith)) {
                lines.add(formatter.format(line));
            }
        }

        @Override
        public void flush() {
            // Nothing is buffered.
        }

        @Override
        public void close() {
            ROOT.setLevel(levelBefore);
            ROOT.removeHandler(this);
            for (Handler handler : handlersBefore) {
                ROOT.addHandler(handler);
            }
        }
    }

    @Test
    void none_of_a_database_that_works_and_then_fails() {
        for (String url : new String[] {"jdbc:h2:mem:secrets;PASSWORD=" + SECRET, postgresWithPassword()}) {
            try (TestDatabase database = TestDatabase.at(url)) {
                Jobs.accepted(database.jobs().store().schedule(job(), Jobs.EXPECTED));
                database.execute("alter table asyncjob.work add constraint no_more check (payload = 'null')"
                        + (url.contains("h2") ? " nocheck" : " not valid"));
                assertThatExceptionOfType(JdbiException.class)
                        .isThrownBy(() -> database.jobs().store().schedule(job(), Jobs.EXPECTED))
                        .satisfies(SecretsTest::holdsNoSecret);
                database.jobs().close();
                assertThatExceptionOfType(StoreUnavailable.class)
                        .isThrownBy(() -> database.jobs().store().now())
                        .satisfies(SecretsTest::holdsNoSecret);
            }
        }

        assertThat(log.lines).hasSizeGreaterThan(50).noneMatch(line -> line.contains(SECRET));
    }

    @Test
    void none_of_a_database_that_cannot_be_opened() {
        for (String url : new String[] {
            "jdbc:postgresql://127.0.0.1:1/jobs?user=me&password=" + SECRET,
            PostgresServer.shared().newDatabase() + "-missing&password=" + SECRET,
            "jdbc:h2:mem:secrets;NO_SUCH_SETTING=1;PASSWORD=" + SECRET
        }) {
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> JobDatabase.open(settings, JobStoreContract.POLICY))
                    .satisfies(SecretsTest::holdsNoSecret);
        }

        assertThat(log.lines).noneMatch(line -> line.contains(SECRET));
    }

    private static String postgresWithPassword() {
        return PostgresServer.shared().newDatabase() + "&sslpassword=" + SECRET + "&password=" + SECRET;
    }

    private static NewJob job() {
        return Jobs.newJob().withPayload(new Payload("\"" + SECRET + "\""));
    }

    private static void holdsNoSecret(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        assertThat(text.toString()).doesNotContain(SECRET);
    }
}
