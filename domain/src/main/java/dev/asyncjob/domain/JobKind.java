package dev.asyncjob.domain;

/**
 * The kind of work of a job; workers claim by kind.
 *
 * @param value 1 to {@value #MAX_LENGTH} of {@code a-z 0-9 . _ -}, beginning with a letter or digit
 */
public record JobKind(String value) implements Comparable<JobKind> {
    /** Characters at most. */
    public static final int MAX_LENGTH = 64;

    /** @throws InvalidValueException if the value breaks its rule */
    public JobKind {
        Rules.length("kind", value, 1, MAX_LENGTH);
        Rules.name("kind", value, false, "._-", "of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit");
    }

    /** An order for hash tables: clients can choose values of equal hash. */
    @Override
    public int compareTo(JobKind other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
