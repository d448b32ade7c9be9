package dev.asyncjob.domain;

/**
 * The name of a worker, chosen by itself and shown to operators with its leases.
 *
 * @param value 1 to {@value #MAX_LENGTH} visible ASCII characters
 */
public record WorkerId(String value) {
    /** Characters at most. */
    public static final int MAX_LENGTH = 128;

    /** @throws InvalidValueException if the value breaks its rule */
    public WorkerId {
        Rules.visible("worker", value, MAX_LENGTH);
    }

    @Override
    public String toString() {
        return value;
    }
}
