package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FileUtils;

/**
 * A copy of an H2 file that is there while the schema is migrated, so that a migration which the end of the process has
 * cut begins again. H2 commits each statement, and a table that gets a column is missing for a while. Safe for use from
 * any thread.
 */
final class H2MigrationCopy {
    /** What is added to the name of the file. */
    static final String SUFFIX = ".before-migration";

    private static final Logger LOG = System.getLogger(H2MigrationCopy.class.getName());

    /** What an application has beside the tables of the store. */
    private static final String OTHER_TABLES = """
            select count(*) from information_schema.tables where table_schema not in ('INFORMATION_SCHEMA', 'ASYNCJOB')
            """;

    private final String file;

    /** @param file the file, with its file systems */
    H2MigrationCopy(String file) {
        this.file = file;
    }

    private String copy() {
        return file + SUFFIX;
    }

    /** Puts the file of before a migration that was cut in the place of the present one, unless that is in use. */
    void putBack() {
        if (!FileUtils.exists(copy()) || H2File.isOpen(file)) {
            return;
        }
        try (FileChannel channel = FilePath.get(file).open("rw");
                FileLock lock = channel.tryLock()) {
            if (lock != null) { // otherwise another process migrates it
                FileUtils.moveAtomicReplace(copy(), file);
                LOG.log(Level.WARNING, "a migration of {0} was interrupted, and begins again", file);
            }
        } catch (IOException | OverlappingFileLockException e) {
            LOG.log(Level.DEBUG, "H2 will say what is wrong", e);
        }
    }

    /**
     * Makes the copy, unless there is one. A file that an application uses for its own tables is not copied, since what
     * the application writes during the migration would be lost with it.
     *
     * @throws IllegalStateException if the file cannot be copied, as without room; then nothing is migrated
     */
    void make(DataSource source) {
        if (FileUtils.exists(copy())) {
            return;
        }
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(OTHER_TABLES)) {
            if (rs.next() && rs.getInt(1) == 0) {
                write(H2Commit.store(connection).getFileStore().getFileName());
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private IllegalStateException failure(Exception e) {
        return new IllegalStateException(
                file + " cannot be copied, as it must be before it is migrated: " + e.getMessage(), e);
    }

    private void write(String open) {
        String part = copy() + ".part";
        try {
            H2FileModes.create(part);
            try (OutputStream target = FileUtils.newOutputStream(part, false)) {
                H2File.copy(open, target);
            }
            FileUtils.moveAtomicReplace(part, copy());
        } catch (IOException | RuntimeException e) {
            FileUtils.tryDelete(part);
            throw failure(e);
        }
    }

    /** Deletes the copy: the migration is complete. */
    void delete() {
        FileUtils.tryDelete(copy());
    }
}
