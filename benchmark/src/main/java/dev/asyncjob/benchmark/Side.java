package dev.asyncjob.benchmark;

import java.time.Duration;

/** One of the two measured systems of a {@link Figure}; concurrent measurements run one after another. */
interface Side {
    /** Returns the name for the report. */
    String name();

    /** Runs a measurement of about this length. */
    Sample measure(Duration time) throws Exception;
}
