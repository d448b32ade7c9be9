package dev.asyncjob.domain;

import org.jspecify.annotations.Nullable;

/**
 * What a worker says of its work, for readers of the job's status.
 *
 * <p>It is never part of a log line; {@link #toString()} shows only the length of the message.
 *
 * @param progress in percent, 0 to 100; null if it says nothing of that
 * @param message 1 to {@value #MAX_MESSAGE} characters, any text that can be stored; null if there is none
 */
public record Statement(@Nullable Double progress, @Nullable String message) {
    /** Characters of the message at most. */
    public static final int MAX_MESSAGE = 200;

    /** Nothing is said. */
    public static final Statement NONE = new Statement(null, null);

    /** @throws InvalidValueException if a part breaks its rule */
    public Statement {
        if (progress != null) {
            Rules.percent("progress", progress);
        }
        if (message != null) {
            Rules.length("message", message, 1, MAX_MESSAGE);
            Rules.storable("message", message);
        }
    }

    /** Whether nothing is said. */
    public boolean isNone() {
        return progress == null && message == null;
    }

    /** What holds once {@code newer} is said as well: a part of which it says nothing stays. */
    public Statement then(Statement newer) {
        return new Statement(
                newer.progress == null ? progress : newer.progress, newer.message == null ? message : newer.message);
    }

    @Override
    public String toString() {
        return "Statement[progress=" + progress + ", message of " + (message == null ? 0 : message.length())
                + " characters]";
    }
}
