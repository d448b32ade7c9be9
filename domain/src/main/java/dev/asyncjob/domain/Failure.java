package dev.asyncjob.domain;

import java.util.Locale;

/**
 * The reason why a job failed, as clients read it in {@code links[].error}.
 *
 * @param message 1 to {@value #MAX_LENGTH} characters, any text that can be stored; {@code NNNN: text} where the
 *     failure has a code
 */
public record Failure(String message) {
    /** The longest message. */
    public static final int MAX_LENGTH = 1024;

    /** Every allowed attempt ended without an outcome (contract section 3, promise 5). */
    public static final Failure ATTEMPTS_SPENT = new Failure("attempts spent");

    /** It was cancelled before it ended (contract section 2, {@code DELETE /jobs/{id}}). */
    public static final Failure CANCELLED = new Failure("cancelled");

    /** @throws InvalidValueException if the message is empty, too long or cannot be stored */
    public Failure {
        Rules.length("error", message, 1, MAX_LENGTH);
        Rules.storable("error", message);
    }

    /**
     * A failure with a documented code, such as {@code 1002: Composition for a given subject already exists}.
     *
     * @param code 0 to 9999, written with four digits
     * @param text the rest of the message
     * @throws InvalidValueException if the code is out of range or the message breaks its rule
     */
    public static Failure coded(int code, String text) {
        Rules.range("error code", code, 0, 9999);
        return new Failure(String.format(Locale.ROOT, "%04d: %s", code, text));
    }
}
