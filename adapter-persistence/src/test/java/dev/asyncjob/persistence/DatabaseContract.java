package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.testkit.JobSignalsContract;
import dev.asyncjob.testkit.JobStoreContract;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Both contracts on one database, which two nodes open and which is emptied before each test. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class DatabaseContract implements JobStoreContract, JobSignalsContract {
    @AutoClose
    private final TestDatabase database;

    @AutoClose
    private final JobDatabase otherNode;

    DatabaseContract(String url) {
        this(TestDatabase.at(url));
    }

    DatabaseContract(TestDatabase database) {
        this.database = database;
        otherNode = database.openAgain();
    }

    TestDatabase database() {
        return database;
    }

    @BeforeEach
    void clear() {
        database.clear();
    }

    @Override
    public JobStore store() {
        return database.jobs().store();
    }

    @Override
    public JobStore otherNode() {
        return otherNode.store();
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
