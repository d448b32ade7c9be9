package dev.asyncjob.domain;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The reason why a job failed, as clients read it in {@code links[].error}.
 *
 * <p>A code of four digits stands in front of the message, as {@code NNNN: text}: it is put there unless it is there
 * already, and taken from there if no code is given. Any other code is kept beside the message.
 *
 * @param message 1 to {@value #MAX_LENGTH} characters, with the code of four digits in front, any text that can be
 *     stored
 * @param code 1 to {@value #MAX_CODE} of {@code A-Z a-z 0-9 _ . -}; null if the failure has none
 */
public record Failure(String message, @Nullable String code) {
    /** The longest message. */
    public static final int MAX_LENGTH = 1024;

    /** The longest code. */
    public static final int MAX_CODE = 64;

    /** Every allowed attempt ended without an outcome (contract section 3, promise 5). */
    public static final Failure ATTEMPTS_SPENT = new Failure("attempts spent");

    /** It was cancelled before it ended (contract section 2, {@code DELETE /jobs/{id}}). */
    public static final Failure CANCELLED = new Failure("cancelled");

    private static final Pattern CODE = Pattern.compile("[A-Za-z0-9_.-]*");

    private static final int DIGITS = 4;

    private static final String COLON = ": ";

    /** @throws InvalidValueException if the message is empty, too long or cannot be stored, or the code is malformed */
    public Failure {
        Rules.length("error", message, 1, MAX_LENGTH);
        Rules.storable("error", message);
        if (code == null) {
            code = beginsWithDigits(message) && message.startsWith(COLON, DIGITS) ? message.substring(0, DIGITS) : null;
        } else {
            checkedCode(code);
            if (isDigits(code) && !message.startsWith(code + COLON)) {
                message = code + COLON + message;
                Rules.length("error with its code", message, 1, MAX_LENGTH);
            }
        }
    }

    /**
     * A failure without a code, or with one that its message begins with.
     *
     * @throws InvalidValueException if the message is empty, too long or cannot be stored
     */
    public Failure(String message) {
        this(message, null);
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

    /**
     * Returns the code, if it is one.
     *
     * @throws InvalidValueException if it is malformed
     */
    public static String checkedCode(String code) {
        Rules.length("code", code, 1, MAX_CODE);
        Rules.format("code", code, CODE, "of A-Z, a-z, 0-9, '_', '.' and '-'");
        return code;
    }

    /** Whether the message says all, since there is no code beside it. */
    boolean codeInMessage() {
        return code == null || isDigits(code);
    }

    private static boolean isDigits(String code) {
        return code.length() == DIGITS && beginsWithDigits(code);
    }

    private static boolean beginsWithDigits(String text) {
        return text.length() >= DIGITS && text.substring(0, DIGITS).chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
