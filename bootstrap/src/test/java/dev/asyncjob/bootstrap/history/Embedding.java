package dev.asyncjob.bootstrap.history;

import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A process that embeds a worker beside the nodes, and schedules jobs within transactions of its own: each row of its
 * table has a job, and each of these jobs a row. A line on its input ends the scheduling.
 */
final class Embedding {
    /** The kind of the jobs that share a transaction with a row. */
    static final String KIND = "within";

    /** Finds rows without jobs and jobs without rows. */
    static final String ODD_ONES = "select coalesce(i.id, j.id)::text from public.invoice i full join"
            + " (select id from asyncjob.job where kind = '" + KIND + "') j on j.id = i.id"
            + " where i.id is null or j.id is null";

    private static final WorkPolicy POLICY = WorkPolicy.defaults();
    private static final double PAUSE = 0.1;

    private Embedding() {}

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0];
        JobDatabase database = JobDatabase.open(DatabaseSettings.defaults().withUrl(url), POLICY);
        try (Connection connection = DriverManager.getConnection(url)) {
            connection.createStatement().execute("create table if not exists public.invoice (id uuid primary key)");
        }
        new Housekeeper(database.store()).start();
        JobHandler handler = job -> {
            Faults.pause(PAUSE);
            return Outcome.completed(job.job().links());
        };
        new JobWorker(
                        JobUseCases.over(database.store(), POLICY),
                        database.signals(),
                        Map.of(new JobKind(Load.KIND), handler, new JobKind(KIND), handler),
                        WorkerSettings.named("embedded").withConcurrency(2).withLease(Duration.ofSeconds(2)))
                .start();
        System.out.println("ready");
        SplittableRandom dice = new SplittableRandom();
        while (!hasInput()) {
            invoice(url, database, dice.nextInt(4) > 0);
            Faults.pause(PAUSE);
        }
    }

    private static boolean hasInput() throws IOException {
        return System.in.available() > 0;
    }

    private static void invoice(String url, JobDatabase database, boolean commit) {
        NewJob job = Jobs.newJob(new JobKind(KIND)).withMaxAttempts(50);
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement insert = connection.prepareStatement("insert into public.invoice values (?)")) {
            connection.setAutoCommit(false);
            insert.setObject(1, job.id().value());
            insert.executeUpdate();
            JobUseCases.over(database.within(connection), POLICY).schedule(job);
            if (commit) {
                connection.commit();
            } else {
                connection.rollback();
            }
        } catch (SQLException | StoreUnavailable e) { // both are kept, or neither
        }
    }
}
