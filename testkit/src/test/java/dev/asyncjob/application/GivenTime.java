package dev.asyncjob.application;

import dev.asyncjob.application.spi.Execution;
import java.util.function.LongSupplier;

/** The threads of the JVM, with a clock that the test sets. Safe for use from any thread. */
class GivenTime extends Execution {
    private final LongSupplier nanoTime;

    GivenTime(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    @Override
    public long nanoTime() {
        return nanoTime.getAsLong();
    }
}
