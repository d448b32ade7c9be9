package dev.asyncjob.domain;

import java.util.regex.Pattern;

/**
 * The name a worker gives itself, shown to operators beside the leases it holds.
 *
 * @param value 1 to {@value #MAX_LENGTH} visible ASCII characters
 */
public record WorkerId(String value) {
    /** Characters at most. */
    public static final int MAX_LENGTH = 128;

    private static final Pattern VISIBLE = Pattern.compile("[!-~]*");

    /** @throws InvalidValueException if the value breaks its rule */
    public WorkerId {
        Rules.length("worker", value, 1, MAX_LENGTH);
        Rules.format("worker", value, VISIBLE, "of visible ASCII characters");
    }

    @Override
    public String toString() {
        return value;
    }
}
