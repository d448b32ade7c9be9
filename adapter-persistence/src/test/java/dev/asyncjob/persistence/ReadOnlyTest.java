package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A read-only database: reads succeed, all other calls fail as unavailable, and so does the readiness check. */
class ReadOnlyTest {
    @TempDir
    private Path folder;

    @Test
    void a_read_only_postgresql_is_not_ready() throws SQLException {
        String url = PostgresServer.shared().newDatabase();
        NewJob job = Jobs.newJob();
        keep(url, job);
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("alter database " + connection.getCatalog() + " set default_transaction_read_only = on");
        }
        assertPutOff(url, job);
    }

    @Test
    void a_read_only_h2_is_not_ready() {
        String url = "jdbc:h2:file:" + folder.resolve("jobs");
        NewJob job = Jobs.newJob();
        keep(url, job);
        assertPutOff(url + ";ACCESS_MODE_DATA=r", job);
    }

    private static void keep(String url, NewJob job) {
        try (JobDatabase database =
                JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY)) {
            Jobs.accepted(database.store().schedule(job, Jobs.EXPECTED));
        }
    }

    private static void assertPutOff(String url, NewJob kept) {
        DatabaseSettings settings =
                DatabaseSettings.defaults().withUrl(url).withPoolSize(2).withMigrate(false);
        try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
            JobStore store = database.store();
            assertThat(store.find(kept.owner(), kept.id())).isPresent();
            assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(store::now);
            assertThatExceptionOfType(StoreUnavailable.class)
                    .isThrownBy(() -> store.schedule(Jobs.newJob(), Jobs.EXPECTED));
            assertThat(store.find(kept.owner(), kept.id())).isPresent();
        }
    }
}
