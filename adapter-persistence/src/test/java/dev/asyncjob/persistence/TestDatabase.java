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

/** An open {@link JobDatabase} and a way past its store, straight to the tables. */
final class TestDatabase implements AutoCloseable {
    private final DatabaseSettings settings;
    private final JobDatabase database;
    private final Connection connection;

    /** Opens the database; one in memory needs no name. */
    TestDatabase(DatabaseSettings asked) {
        settings = asked.withUrl(asked.url().equals("jdbc:h2:mem:") ? "jdbc:h2:mem:" + UUID.randomUUID() : asked.url());
        database = JobDatabase.open(settings, JobStoreContract.POLICY);
        connection = connect(settings);
    }

    static TestDatabase at(String url) {
        return new TestDatabase(DatabaseSettings.defaults().withUrl(url));
    }

    /** A connection of the settings' own, as the store opens them. */
    static Connection connect(DatabaseSettings settings) {
        DatabaseUrl url = settings.connectionUrl();
        try (DriverDataSource source =
                new DriverDataSource(url.orElse(url.dialect().adminParameters(url)), Duration.ZERO)) {
            return source.getConnection();
        } catch (SQLException e) {
            throw new AssertionError("cannot connect", e);
        }
    }

    /** A second node on the same database, to be closed by the caller. */
    JobDatabase openAgain() {
        return JobDatabase.open(settings, JobStoreContract.POLICY);
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
    }

    /** Moves everything that is stored into the past. */
    void timePasses(Duration duration) {
        long micros = TimeUnit.MICROSECONDS.convert(duration);
        String earlier = database.dialect().equals("h2")
                ? "%1$s = dateadd(microsecond, -" + micros + ", %1$s)"
                : "%1$s = %1$s - " + micros + " * interval '1 microsecond'";
        List<String> changes = new ArrayList<>();
        for (String column : List.of(
                "created_at", "due_at", "planned_from", "planned_at", "promised_at", "ended_at", "kept_until")) {
            changes.add(earlier.formatted(column));
        }
        execute("update asyncjob.job set " + String.join(", ", changes));
        execute("update asyncjob.work set " + earlier.formatted("available_at"));
    }

    int execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** The first column of all rows, as text. */
    List<String> query(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(sql)) {
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
