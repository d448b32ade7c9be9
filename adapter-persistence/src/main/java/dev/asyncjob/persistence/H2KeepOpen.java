package dev.asyncjob.persistence;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.attribute.PosixFilePermission;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection that only keeps H2's database open while the pool may close all of its own: a database in memory is lost
 * with its last connection, and a file would be closed and opened again. On PostgreSQL there is none.
 */
final class H2KeepOpen implements AutoCloseable {
    private static final Logger LOG = System.getLogger(H2KeepOpen.class.getName());

    /**
     * The bytes of the largest file that is compacted when it is closed, which takes a second for each 45 to 70 MiB
     * here; a server has 20 s to stop. The housekeeper compacts all files while they are in use.
     */
    static final long MAX_COMPACTED = 128 << 20;

    private final @Nullable Connection connection;
    private final DatabaseUrl url;

    private H2KeepOpen(@Nullable Connection connection, DatabaseUrl url) {
        this.connection = connection;
        this.url = url;
    }

    /** @throws IllegalStateException if the database cannot be opened */
    static H2KeepOpen connect(Connections connections) {
        DatabaseUrl url = connections.dialect().url();
        if (!url.isH2()) {
            return new H2KeepOpen(null, url);
        }
        try (DriverDataSource source = connections.store(Duration.ZERO)) {
            return new H2KeepOpen(source.getConnection(), url);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot open " + url + ": " + e.getMessage(), e);
        }
    }

    /** Closes the database, in a time that the stop of a server has. */
    @Override
    public void close() {
        close(MAX_COMPACTED);
    }

    /** @param maxCompacted the bytes of the largest file that is compacted */
    void close(long maxCompacted) {
        try (Connection last = connection) {
            if (last != null && url.isH2File() && H2FileModes.size(url) <= maxCompacted) {
                compactIfAlone(last);
            }
        } catch (SQLException e) {
            LOG.log(Level.WARNING, "the database was not closed properly: {0}", e.getMessage());
        }
    }

    /**
     * Frees the few unused kilobytes that every commit leaves in the file, unless another session in this process,
     * which it would end, has the database open. A kill during it loses nothing.
     */
    private void compactIfAlone(Connection last) throws SQLException {
        try (Statement statement = last.createStatement();
                ResultSet rs = statement.executeQuery("select count(*) from information_schema.sessions")) {
            rs.next();
            if (rs.getInt(1) == 1) {
                Optional<Set<PosixFilePermission>> mode = H2FileModes.mode(url);
                statement.execute("shutdown compact");
                mode.ifPresent(before -> H2FileModes.restore(url, before)); // the compacted file is a new one
            }
        }
    }
}
