package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobStoreContract;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;

/** An open database under test, and the SQL by which tests empty it and let time pass. */
final class OpenDatabase implements AutoCloseable {
    private final JobDatabase database;
    private final Jdbi behind;

    OpenDatabase(DatabaseSettings settings) {
        database = JobDatabase.open(settings, JobStoreContract.POLICY);
        behind = Jdbi.create(() -> java.sql.DriverManager.getConnection(JobDatabase.durable(settings.url())));
    }

    JobDatabase database() {
        return database;
    }

    Jdbi behind() {
        return behind;
    }

    void empty() {
        behind.useHandle(handle -> {
            handle.execute("delete from asyncjob.work");
            handle.execute("delete from asyncjob.job");
        });
    }

    /** Moves everything that is kept into the past, which to the store is as if its clock had moved on. */
    void timePasses(Duration duration) {
        String past = " - " + duration.toMillis() + " * interval '0.001' second";
        behind.useTransaction(handle -> {
            for (String column : new String[] {"created_at", "due_at", "planned_at", "ended_at", "kept_until"}) {
                handle.execute("update asyncjob.job set " + column + " = " + column + past);
            }
            for (String column : new String[] {"available_at", "final_until"}) {
                handle.execute("update asyncjob.work set " + column + " = " + column + past);
            }
        });
    }

    @Override
    public void close() {
        database.close();
    }
}
