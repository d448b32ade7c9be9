package dev.asyncjob.persistence;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection that does nothing but keep H2's database open, whatever the pool does: one in memory is gone with its
 * last connection, and a file would be closed and opened again. On PostgreSQL there is none.
 */
final class H2KeepOpen implements AutoCloseable {
    private static final Logger LOG = System.getLogger(H2KeepOpen.class.getName());

    private final @Nullable Connection connection;
    private final boolean compacts;

    private H2KeepOpen(@Nullable Connection connection, boolean compacts) {
        this.connection = connection;
        this.compacts = compacts;
    }

    /** @throws IllegalStateException if the database cannot be opened */
    static H2KeepOpen drop(DatabaseUrl url) {
        if (url.dialect() != SqlDialect.H2) {
            return new H2KeepOpen(null, false);
        }
        try (DriverDataSource source =
                new DriverDataSource(url.orElse(url.dialect().storeParameters(url)), Duration.ZERO)) {
            return new H2KeepOpen(source.getConnection(), url.isH2File());
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open " + url + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try (Connection last = connection) {
            if (last != null && compacts && isAlone(last)) {
                compact(last);
            }
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "the database was not closed in order: {0}", e.getMessage());
        }
    }

    /** Whether nobody else in this process has the file open: compacting would close it for them, too. */
    private static boolean isAlone(Connection last) throws SQLException {
        try (Statement statement = last.createStatement();
                ResultSet rs = statement.executeQuery("select count(*) from information_schema.sessions")) {
            rs.next();
            return rs.getInt(1) == 1;
        }
    }

    /** Every commit leaves a few kilobytes behind in the file, which only this gives back. Safe to be killed in. */
    private static void compact(Connection last) throws SQLException {
        try (Statement statement = last.createStatement()) {
            statement.execute("shutdown compact");
        }
    }
}
