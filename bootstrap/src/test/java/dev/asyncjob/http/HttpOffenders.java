package dev.asyncjob.http;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.bootstrap.Main;
import dev.asyncjob.identity.IdentityOffenders;
import dev.asyncjob.persistence.PersistenceOffenders;
import java.net.http.HttpClient;
import java.sql.Connection;
import java.time.ZoneId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Planted for {@code ArchitectureBitesTest}: an adapter that does what it must not do. */
public final class HttpOffenders {
    private HttpOffenders() {}

    /** Depends on a driven port. */
    public record UsesStore(JobStore store) {}

    /** Depends on another adapter. */
    public record UsesPersistence(PersistenceOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesIdentity(IdentityOffenders.UsesHttp other) {}

    /** Depends on the composition root. */
    public record UsesBootstrap(Main main) {}

    /** Depends on JDBC. */
    public record UsesSql(Connection connection) {}

    /** Sends requests. */
    public record SendsRequests(HttpClient client) {}

    /** Writes to standard output. */
    public record Prints(int number) {
        /** Prints it. */
        public void print() {
            System.out.println(number);
        }
    }

    /** Depends on the locale and the time zone of the process. */
    public record UsesDefaults(Locale locale, ZoneId zone) {
        /** Those of the process. */
        public UsesDefaults() {
            this(Locale.getDefault(), ZoneId.systemDefault());
        }
    }

    /** Reads the environment. */
    public static final class ReadsEnvironment {
        private final @Nullable String home = System.getenv("HOME");

        @Override
        public String toString() {
            return "home " + home;
        }
    }

    /** Has a name that says nothing. */
    public record RequestHelper() {}

    /** Depends on the client. */
    public record UsesClient(dev.asyncjob.client.JobClient client) {}
}
