package dev.asyncjob.benchmark;

import java.io.IOException;
import org.jobrunr.configuration.JobRunr;
import org.jobrunr.storage.sql.common.SqlStorageProviderFactory;

/** JobRunr with its dashboard and a background server, on H2 in memory. */
final class JobRunrDashboard {
    private JobRunrDashboard() {}

    public static void main(String[] port) throws IOException {
        JobRunr.configure()
                .useStorageProvider(SqlStorageProviderFactory.using(Sql.pool("jdbc:h2:mem:dashboard", 10)))
                .useBackgroundJobServer()
                .useDashboard(Integer.parseInt(port[0]))
                .initialize();
        ProcessProtocol.serveAt(Integer.parseInt(port[0]));
    }
}
