package dev.asyncjob.domain;

/**
 * The name that a producer gives a job in its own terms, such as an order number: several jobs may have the same, and
 * it identifies none.
 *
 * <p>It is never part of a log line; {@link #toString()} shows only its length.
 *
 * @param value 1 to {@value #MAX_LENGTH} characters, any text that can be stored
 */
public record Reference(String value) {
    /** Characters at most. */
    public static final int MAX_LENGTH = 128;

    /** @throws InvalidValueException if the text is empty, too long or cannot be stored */
    public Reference {
        Rules.length("reference", value, 1, MAX_LENGTH);
        Rules.storable("reference", value);
    }

    @Override
    public String toString() {
        return "Reference[" + value.length() + " characters]";
    }
}
