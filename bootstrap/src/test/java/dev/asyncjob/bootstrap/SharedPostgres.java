package dev.asyncjob.bootstrap;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** One PostgreSQL for all integration tests of a JVM, with which it stops. Each test has databases of its own. */
final class SharedPostgres {
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private SharedPostgres() {}

    /** Started at the first use; the library stops it at the end of the JVM. */
    private static final class Server {
        private static final EmbeddedPostgres INSTANCE = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Creates an empty database and returns its name. */
    static String newDatabase() {
        String name = "it" + DATABASES.incrementAndGet();
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return name;
    }

    /** Creates an empty database and returns its JDBC URL. */
    static String newUrl() {
        return url(newDatabase());
    }

    static String url(String database) {
        return Server.INSTANCE.getJdbcUrl("postgres", database);
    }

    static Connection connect(String database) throws SQLException {
        return Server.INSTANCE.getDatabase("postgres", database).getConnection();
    }

    static int port() {
        return Server.INSTANCE.getPort();
    }
}
