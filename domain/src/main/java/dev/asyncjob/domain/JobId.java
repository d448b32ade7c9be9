package dev.asyncjob.domain;

import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * The id of one job: a UUID of any version.
 *
 * @param value the UUID
 */
public record JobId(UUID value) implements Comparable<JobId> {
    private static final String CANONICAL =
            "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

    private static final int LENGTH = 36;

    /** The positions of the hyphens: a bit for each. */
    private static final long HYPHENS = 1L << 8 | 1L << 13 | 1L << 18 | 1L << 23;

    /**
     * Reads the 36-character form of RFC 9562 section 4, in either case.
     *
     * @throws InvalidValueException if it is anything else, also one of the short forms that {@link UUID#fromString}
     *     takes
     */
    public static JobId parse(String text) {
        boolean canonical = text.length() == LENGTH;
        for (int i = 0; canonical && i < LENGTH; i++) {
            canonical = (HYPHENS >> i & 1) == 1 ? text.charAt(i) == '-' : HexFormat.isHexDigit(text.charAt(i));
        }
        if (!canonical) {
            throw new InvalidValueException("format", "id must be a UUID", List.of(CANONICAL));
        }
        return new JobId(UUID.fromString(text));
    }

    /**
     * Makes an id of UUID version 7 (RFC 9562 section 5.7): ids of about the same time are adjacent in an index, which
     * makes writes faster; on H2 random ones cost twice as much.
     *
     * @param at the present, of which the id keeps the milliseconds
     * @param random a new {@link UUID#randomUUID}, of which the id keeps 74 bits
     */
    public static JobId timeOrdered(Instant at, UUID random) {
        long version = 0x7000 | (random.getMostSignificantBits() & 0xFFF);
        return new JobId(new UUID(at.toEpochMilli() << 16 | version, random.getLeastSignificantBits()));
    }

    /** An order for hash tables: clients can choose values of equal hash. */
    @Override
    public int compareTo(JobId other) {
        return value.compareTo(other.value);
    }

    /** The 36-character form in lower case. */
    @Override
    public String toString() {
        return value.toString();
    }
}
