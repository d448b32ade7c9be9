package dev.asyncjob.persistence;

import dev.asyncjob.testkit.JobStoreContract;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** An open {@link JobDatabase} and a connection of its own to the tables. */
final class TestDatabase implements AutoCloseable {
    private final DatabaseSettings settings;
    private final Function<DatabaseSettings, JobDatabase> opening;
    private final JobDatabase database;
    private final Connection connection;

    /** Opens the database; one in memory needs no name. */
    TestDatabase(DatabaseSettings wanted) {
        this(wanted, settings -> JobDatabase.open(settings, JobStoreContract.POLICY));
    }

    /** @param opening opens the database of the settings, in whatever way */
    TestDatabase(DatabaseSettings wanted, Function<DatabaseSettings, JobDatabase> opening) {
        this.settings =
                wanted.withUrl(wanted.url().equals("jdbc:h2:mem:") ? "jdbc:h2:mem:" + UUID.randomUUID() : wanted.url());
        this.opening = opening;
        this.database = opening.apply(settings);
        this.connection = connect(settings);
    }

    /** Opens the database with the default settings. */
    static TestDatabase at(String url) {
        return new TestDatabase(DatabaseSettings.defaults().withUrl(url));
    }

    /** Opens a connection, as the store does. */
    static Connection connect(DatabaseSettings settings) {
        try (DriverDataSource source = Connections.of(settings).admin(Duration.ZERO)) {
            return source.getConnection();
        } catch (SQLException e) {
            throw new AssertionError("cannot connect", e);
        }
    }

    /** Opens a second node on the same database, which the caller closes. */
    JobDatabase openAgain() {
        return opening.apply(settings);
    }

    String url() {
        return settings.url();
    }

    JobDatabase jobs() {
        return database;
    }

    void clear() {
        execute("delete from asyncjob.work");
        execute("delete from asyncjob.job");
        execute("delete from asyncjob.kind");
        execute("delete from asyncjob.audit");
        execute("delete from asyncjob.ended_minute");
    }

    /** Moves all stored instants into the past, or the future by a negative duration. */
    void timePasses(Duration duration) {
        long micros = TimeUnit.MICROSECONDS.convert(duration);
        String earlier = database.dialect().equals("h2")
                ? "%1$s = dateadd(microsecond, " + -micros + ", %1$s)"
                : "%1$s = %1$s - " + micros + " * interval '1 microsecond'";
        List<String> changes = new ArrayList<>();
        for (String column : List.of(
                "created_at",
                "due_at",
                "planned_from",
                "planned_at",
                "promised_at",
                "stated_from",
                "ended_at",
                "kept_until")) {
            changes.add(earlier.formatted(column));
        }
        execute("update asyncjob.job set " + String.join(", ", changes));
        execute("update asyncjob.work set " + earlier.formatted("available_at") + ", " + earlier.formatted("claimed_at")
                + ", " + earlier.formatted("renewed_at"));
        execute("update asyncjob.kind set " + earlier.formatted("last_asked_at") + ", "
                + earlier.formatted("paused_since"));
        execute("update asyncjob.audit set " + earlier.formatted("begun_at"));
        execute("update asyncjob.failed_work set " + earlier.formatted("kept_until"));
        // Rows of a kind are minutes apart: none may come to where the next one still is.
        String far = "update asyncjob.ended_minute set begun_at = begun_at %s interval '5000' day";
        execute(far.formatted("+"));
        execute("update asyncjob.ended_minute set " + earlier.formatted("begun_at"));
        execute(far.formatted("-"));
    }

    int execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(settings.tables().in(sql));
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** Returns the first column of all rows, as text. */
    List<String> query(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(settings.tables().in(sql))) {
            List<String> rows = new ArrayList<>();
            while (rs.next()) {
                rows.add(rs.getString(1));
            }
            return rows;
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new AssertionError("cannot close", e);
        }
        database.close();
    }
}
