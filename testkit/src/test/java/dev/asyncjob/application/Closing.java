package dev.asyncjob.application;

import static org.assertj.core.api.Assertions.assertThat;

/** A {@code close()} that is under way in a thread of its own. */
public final class Closing {
    private final Thread thread;

    private Closing(Runnable close) {
        thread = new Thread(close);
    }

    /** Begins to close; returns when that waits for something. */
    public static Closing begun(Runnable close) {
        Closing closing = new Closing(close);
        closing.thread.start();
        while (closing.thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(closing.isUnderWay()).as("closing waits").isTrue();
            Thread.onSpinWait();
        }
        return closing;
    }

    public boolean isUnderWay() {
        return thread.isAlive();
    }

    /** Waits for the end. */
    public void end() throws InterruptedException {
        thread.join(30_000);
        assertThat(isUnderWay()).as("closing").isFalse();
    }
}
