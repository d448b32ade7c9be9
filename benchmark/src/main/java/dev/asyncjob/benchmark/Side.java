package dev.asyncjob.benchmark;

import java.time.Duration;

/** Something that can be measured again and again; who asks at the same time waits for his turn. */
interface Side {
    /** What it is called in the report. */
    String name();

    /** Works for about so long and tells what it reached. */
    Sample measure(Duration time) throws Exception;
}
