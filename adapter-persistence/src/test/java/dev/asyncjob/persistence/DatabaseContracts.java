package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobSignalsContract;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.JobStoreContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Runs both contracts against one database. */
@TestInstance(Lifecycle.PER_CLASS)
abstract class DatabaseContracts {
    private final OpenDatabase database;

    DatabaseContracts(DatabaseSettings settings) {
        database = new OpenDatabase(settings);
    }

    @BeforeEach
    void empty() {
        database.empty();
    }

    @AfterAll
    void close() {
        database.close();
    }

    @Nested
    class Store implements JobStoreContract {
        @Override
        public JobStore store() {
            return database.database().store();
        }

        @Override
        public void timePasses(Duration duration) {
            database.timePasses(duration);
        }
    }

    @Nested
    class Signals implements JobSignalsContract {
        @Override
        public JobStore store() {
            return database.database().store();
        }

        @Override
        public JobSignals signals() {
            return database.database().signals();
        }

        @Override
        public void timePasses(Duration duration) {
            database.timePasses(duration);
        }
    }
}
