package dev.asyncjob.http;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.bootstrap.Main;
import dev.asyncjob.persistence.PersistenceOffenders;
import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** Planted for {@code ArchitectureBitesTest}: an adapter that does what it must not do. */
public final class HttpOffenders {
    private HttpOffenders() {}

    /** Goes past the use cases. */
    public record SeesStore(JobStore store) {}

    /** Knows another adapter. */
    public record KnowsPersistence(PersistenceOffenders.KnowsHttp other) {}

    /** Knows who starts it. */
    public record KnowsBootstrap(Main main) {}

    /** Talks to a database. */
    public record SpeaksSql(Connection connection) {}

    /** Configures itself. */
    public static final class ReadsEnvironment {
        private final @Nullable String home = System.getenv("HOME");

        @Override
        public String toString() {
            return "home " + home;
        }
    }

    /** Is called after nothing that it does. */
    public record RequestHelper() {}

    /** Depends on the client. */
    public record KnowsClient(dev.asyncjob.client.JobClient client) {}
}
