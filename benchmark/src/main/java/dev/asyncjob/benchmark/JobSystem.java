package dev.asyncjob.benchmark;

import java.io.Closeable;

/** A library for jobs with its tables in a database, as its documentation says that it is fastest; jobs do nothing. */
interface JobSystem {
    /** Threads that run jobs. */
    int THREADS = 20;

    /** Schedules so many in the fastest way there is, not measured. */
    void preload(int count) throws Exception;

    /** Schedules one; when this returns, it is kept. */
    void scheduleOne() throws Exception;

    /** Schedules so many at once; when this returns, they are kept. */
    void scheduleMany(int count) throws Exception;

    /** Begins to run what is scheduled, until the answer is closed. */
    Closeable work(Runnable handler) throws Exception;

    /** Whether anything that was scheduled is not finished, as the database says. */
    boolean isUnfinished() throws Exception;

    /** Drops all that is not finished. */
    void clear() throws Exception;
}
