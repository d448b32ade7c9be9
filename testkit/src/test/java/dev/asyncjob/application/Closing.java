package dev.asyncjob.application;

import static org.assertj.core.api.Assertions.assertThat;

/** A {@code close()} in progress, in a thread of its own. */
public final class Closing {
    private final Thread thread;

    private Closing(Runnable close) {
        thread = new Thread(close);
    }

    /** Starts the call; returns when it waits for something. */
    public static Closing begun(Runnable close) {
        Closing closing = new Closing(close);
        closing.thread.start();
        while (closing.thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(closing.isInProgress()).as("closing waits").isTrue();
            Thread.onSpinWait();
        }
        return closing;
    }

    public boolean isInProgress() {
        return thread.isAlive();
    }

    /** Waits until the call has returned. */
    public void end() throws InterruptedException {
        thread.join(30_000);
        assertThat(isInProgress()).as("closing").isFalse();
    }
}
