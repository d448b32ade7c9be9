package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.scheduling.BackgroundJob;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.storage.StorageProvider;
import org.jobrunr.storage.sql.common.SqlStorageProviderFactory;

/**
 * JobRunr OSS. It fetches the next jobs whenever its workers are idle; the only relevant setting is the interval for
 * polling an empty queue: 15 s by default, 5 s at least. The class is public because JobRunr calls it.
 */
public final class JobRunrSystem implements JobSystem {
    private static final Duration FASTEST = Duration.ofSeconds(5);

    private static volatile Runnable handler = () -> {};

    private final String url;
    private final DataSource source;
    private final boolean fastest;

    /** @param fastest whether to use the fastest documented settings instead of the defaults */
    JobRunrSystem(String url, boolean fastest) {
        this.url = url;
        this.source = Sql.pool(url, THREADS);
        this.fastest = fastest;
        JobRunr.configure().useStorageProvider(storage()).initialize();
    }

    private StorageProvider storage() {
        return SqlStorageProviderFactory.using(source);
    }

    /** Runs one job; JobRunr calls this method. */
    public static void run() {
        handler.run();
    }

    @Override
    public void preload(int count) {
        scheduleMany(count);
    }

    @Override
    public void scheduleOne() {
        BackgroundJob.enqueue(() -> JobRunrSystem.run());
    }

    @Override
    public void scheduleMany(int count) {
        BackgroundJob.enqueue(IntStream.range(0, count).boxed(), number -> JobRunrSystem.run());
    }

    @Override
    public Closeable work(Runnable eachJob) {
        handler = eachJob;
        BackgroundJobServerConfiguration settings =
                BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
                        .andWorkerCount(THREADS);
        JobRunr.configure()
                .useStorageProvider(storage())
                .useBackgroundJobServer(fastest ? settings.andPollInterval(FASTEST) : settings)
                .initialize();
        return () -> {
            JobRunr.destroy();
            JobRunr.configure().useStorageProvider(storage()).initialize();
        };
    }

    @Override
    public boolean isUnfinished() throws SQLException {
        return Sql.number(url, "select count(*) from jobrunr_jobs where state in ('ENQUEUED', 'PROCESSING')") > 0;
    }

    @Override
    public void clear() throws SQLException {
        Sql.execute(url, "delete from jobrunr_jobs where state = 'ENQUEUED'");
    }
}
