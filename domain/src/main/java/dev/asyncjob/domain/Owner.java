package dev.asyncjob.domain;

/**
 * The client system that a job belongs to: only it may read the job's status (contract section 3, promise 6).
 *
 * @param value 1 to {@value #MAX_LENGTH} visible ASCII characters
 */
public record Owner(String value) implements Comparable<Owner> {
    /** Characters at most. */
    public static final int MAX_LENGTH = 128;

    /** @throws InvalidValueException if the value breaks its rule */
    public Owner {
        Rules.visible("owner", value, MAX_LENGTH);
    }

    /** The client, without the user: the text before the first slash that is not at the start. */
    public Owner client() {
        int slash = value.indexOf('/', 1);
        return slash < 0 ? this : new Owner(value.substring(0, slash));
    }

    /** An order for hash tables: clients can choose values of equal hash. */
    @Override
    public int compareTo(Owner other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
