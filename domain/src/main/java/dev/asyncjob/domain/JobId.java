package dev.asyncjob.domain;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The name of one job: a UUID of any version.
 *
 * @param value the UUID
 */
public record JobId(UUID value) {
    private static final Pattern CANONICAL =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    /**
     * Reads the 36-character form of RFC 9562 section 4, in either case.
     *
     * @throws InvalidValueException if it is anything else, also one of the short forms that {@link UUID#fromString}
     *     takes
     */
    public static JobId parse(String text) {
        Rules.format("id", text, CANONICAL, "a UUID");
        return new JobId(UUID.fromString(text));
    }

    /** The 36-character form in lower case. */
    @Override
    public String toString() {
        return value.toString();
    }
}
