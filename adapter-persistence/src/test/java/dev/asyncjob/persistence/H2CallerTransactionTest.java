package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transactions of the caller's on an H2 file whose disk is full, or does not answer. */
final class H2CallerTransactionTest {
    @TempDir
    private Path folder;

    @AutoClose
    private JobDatabase database;

    @AutoClose
    private Connection connection;

    private NewJob job;

    @BeforeEach
    void open() throws SQLException {
        HeldFiles.register();
        database = JobDatabase.open(
                DatabaseSettings.defaults().withUrl("jdbc:h2:held:" + folder.resolve("jobs")), JobStoreContract.POLICY);
        connection = connect();
        connection.setAutoCommit(false);
        job = Jobs.newJob();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(database.url(), "sa", "");
    }

    @AfterEach
    void letWritesPass() {
        HeldFiles.register();
    }

    private static void assertUnavailable(Runnable call) {
        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(call::run);
    }

    @Test
    void the_commit_does_not_tell_that_the_disk_is_full_but_the_wait_after_it_does() throws SQLException {
        Jobs.accepted(database.within(connection).schedule(job, Jobs.EXPECTED));
        HeldFiles.limit(0);

        connection.commit();

        assertUnavailable(() -> database.awaitWritten(connection));
        assertUnavailable(() -> database.within(connection).schedule(Jobs.newJob(), Jobs.EXPECTED));
        assertUnavailable(() -> database.within(connection).find(Jobs.OWNER, job.id()));
        HeldFiles.limit(Long.MAX_VALUE);
        awaitWrittenSoon();
        assertThat(database.store().find(Jobs.OWNER, job.id())).isPresent();
    }

    private void awaitWrittenSoon() {
        long end = System.nanoTime() + 20_000_000_000L;
        while (true) {
            try {
                database.awaitWritten(connection);
                return;
            } catch (StoreUnavailable e) {
                assertThat(System.nanoTime()).isLessThan(end);
            }
        }
    }

    @Test
    void the_commit_of_a_handle_fails_on_a_full_disk() {
        assertUnavailable(() -> Jdbi.create(this::connect).useTransaction(transaction -> {
            Jobs.accepted(database.within(transaction).schedule(job, Jobs.EXPECTED));
            HeldFiles.limit(0);
        }));
    }

    @Test
    void no_end_is_shown_in_a_transaction_before_the_file_has_it() throws Exception {
        JobStore store = database.store();
        ClaimedJob claimed = Jobs.scheduledAndClaimed(store, job);
        JobStore within = database.within(connection);
        HeldFiles.Hold hold = HeldFiles.begin();
        assertUnavailable(() -> Jobs.settle(store, claimed, Jobs.DONE));
        hold.awaitWriter();

        assertUnavailable(() -> within.find(Jobs.OWNER, job.id()));

        hold.release();
        awaitWrittenSoon();
        assertThat(within.find(Jobs.OWNER, job.id())).isPresent();
    }
}
