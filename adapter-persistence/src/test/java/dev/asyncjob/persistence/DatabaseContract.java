package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobSignalsContract;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.JobStoreContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Both contracts on one database, which is opened once and emptied before each rule. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class DatabaseContract implements JobStoreContract, JobSignalsContract {
    private final TestDatabase database;

    DatabaseContract(String url) {
        database = TestDatabase.at(url);
    }

    TestDatabase database() {
        return database;
    }

    @BeforeEach
    void clear() {
        database.clear();
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Override
    public JobStore store() {
        return database.jobs().store();
    }

    @Override
    public JobSignals signals() {
        return database.jobs().signals();
    }

    @Override
    public void timePasses(Duration duration) {
        database.timePasses(duration);
    }
}
