package dev.asyncjob.benchmark;

import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.io.Closeable;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** asyncjob, embedded as docs/embedding.md describes, with the default settings except for the number of threads. */
final class AsyncjobSystem implements JobSystem {
    private static final JobKind KIND = new JobKind(Jobs.KIND);
    private static final Owner OWNER = new Owner(Jobs.OWNER);
    private static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("eHealth/composition"));
    private static final Outcome DONE =
            Outcome.completed(ResourceLinks.of(new ResourceLink("eHealth/composition", "composition/7")));

    private final JobDatabase database;
    private final String url;
    private final JobUseCases jobs;

    AsyncjobSystem(String url) {
        this.database = JobDatabase.open(DatabaseSettings.defaults().withUrl(url), WorkPolicy.defaults());
        this.url = database.dialect().equals("h2") ? database.url() : url; // database.url() has no credentials
        this.jobs = JobUseCases.over(database.store(), WorkPolicy.defaults());
    }

    @Override
    public void preload(int count) throws SQLException {
        Jobs.pending(url, count, 0);
    }

    @Override
    public void scheduleOne() {
        var unused = jobs.schedule(newJob());
    }

    private static NewJob newJob() {
        return NewJob.of(new JobId(timeOrderedId()), OWNER, KIND, LINKS);
    }

    /** Returns a UUIDv7, like those that the server generates. */
    private static UUID timeOrderedId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000),
                random.nextLong() >>> 2 | Long.MIN_VALUE);
    }

    @Override
    public void scheduleMany(int count) {
        var unused = jobs.scheduleAll(
                Stream.generate(AsyncjobSystem::newJob).limit(count).toList());
    }

    @Override
    public Closeable work(Runnable handler) {
        JobWorker worker = new JobWorker(
                jobs,
                database.signals(),
                Map.of(KIND, job -> {
                    handler.run();
                    return DONE;
                }),
                WorkerSettings.named("bench").withConcurrency(THREADS));
        worker.start();
        Housekeeper housekeeper = new Housekeeper(database.store());
        housekeeper.start();
        return () -> {
            worker.close();
            housekeeper.close();
        };
    }

    @Override
    public boolean isUnfinished() throws SQLException {
        return Sql.number(url, "select count(*) from asyncjob.work") > 0;
    }

    @Override
    public void clear() throws SQLException {
        Sql.execute(url, "delete from asyncjob.work", "delete from asyncjob.job where status = 'PENDING'");
        if (url.startsWith("jdbc:postgresql:")) {
            Sql.execute(url, "vacuum analyze asyncjob.work, asyncjob.job");
        }
    }
}
