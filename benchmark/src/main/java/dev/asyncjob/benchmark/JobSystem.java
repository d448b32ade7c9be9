package dev.asyncjob.benchmark;

import java.io.Closeable;

/** A job library with its tables in a database; jobs do nothing. */
interface JobSystem {
    /** The number of threads that run jobs. */
    int THREADS = 20;

    /** Schedules {@code count} jobs in the fastest available way, outside a measurement. */
    void preload(int count) throws Exception;

    /** Schedules one job; it is durable when this returns. */
    void scheduleOne() throws Exception;

    /** Schedules {@code count} jobs in a batch; they are durable when this returns. */
    void scheduleMany(int count) throws Exception;

    /** Starts to run the scheduled jobs, until the returned object is closed. */
    Closeable work(Runnable handler) throws Exception;

    /** Returns whether the database has an unfinished job. */
    boolean isUnfinished() throws Exception;

    /** Deletes all unfinished jobs. */
    void clear() throws Exception;
}
