package dev.asyncjob.benchmark;

import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.nio.file.Path;

/**
 * A database with jobs that do not change during a measurement of reads.
 *
 * @param ended a file with the ids of the ended jobs
 * @param pending a file with the ids of the pending jobs, which become due in a year
 */
record FilledDatabase(String url, Path ended, Path pending) {
    private static final int FAR_AHEAD_DAYS = 365;

    /** Fills an empty database with {@code jobs} ended and {@code jobs} pending jobs. */
    static FilledDatabase in(String url, int jobs) throws Exception {
        JobDatabase.migrate(DatabaseSettings.defaults().withUrl(url));
        Jobs.done(url, jobs);
        Jobs.pending(url, jobs, FAR_AHEAD_DAYS);
        return new FilledDatabase(url, Jobs.ids(url, "DONE"), Jobs.ids(url, "PENDING"));
    }
}
