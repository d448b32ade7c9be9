package dev.asyncjob.benchmark;

import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.nio.file.Path;

/**
 * A database of jobs that stay as they are while they are read.
 *
 * @param ended a file of the ids of those that have ended
 * @param pending a file of the ids of those that have not, and will not for long
 */
record Filled(String url, Path ended, Path pending) {
    private static final int FAR_AHEAD_DAYS = 365;

    /** Fills an empty database with so many of each. */
    static Filled in(String url, int jobs) throws Exception {
        JobDatabase.migrate(DatabaseSettings.defaults().withUrl(url));
        Jobs.done(url, jobs);
        Jobs.pending(url, jobs, FAR_AHEAD_DAYS);
        return new Filled(url, Jobs.ids(url, "DONE"), Jobs.ids(url, "PENDING"));
    }
}
