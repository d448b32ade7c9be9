package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The forecast of a job's end: when a client should read the status again.
 *
 * <p>A pure function of the plan and of now, so every node gives the same forecast. While the plan holds it is the
 * planned instant. When the job is overdue the answer moves along fixed steps: the first step is a quarter of what the
 * job was planned to take (1 s to 60 s), each further one twice as long as the one before, up to 60 s. Between two
 * steps the answer stays the same, so that an {@code ETag} does.
 *
 * @param from when the work may begin: the job's creation, its {@code notBefore}, or its next attempt
 * @param planned when it is expected to end, not before {@code from}; rounded up to a millisecond, the precision that
 *     clients see
 */
public record Eta(Instant from, Instant planned) {
    /** The longest expected duration; also keeps the arithmetic of instants far from its limits. */
    public static final Duration MAX_EXPECTED = Duration.ofDays(3650);

    private static final long MIN_STEP_MILLIS = 1_000;
    private static final long MAX_STEP_MILLIS = 60_000;

    /** @throws InvalidValueException if {@code planned} is before {@code from} */
    public Eta {
        planned = ceilToMillis(planned);
        Rules.range("expected duration", Duration.between(from, planned), Duration.ZERO, MAX_EXPECTED.plusSeconds(1));
    }

    /**
     * A forecast for work that may begin at {@code from}.
     *
     * @param expected how long it is expected to take, 0 to {@link #MAX_EXPECTED}
     * @throws InvalidValueException if {@code expected} is out of range
     */
    public static Eta after(Instant from, Duration expected) {
        Rules.range("expected duration", expected, Duration.ZERO, MAX_EXPECTED);
        return new Eta(from, from.plus(expected));
    }

    /**
     * A forecast that a store has kept. {@code from} is moved to where the rules allow it, so that one job never keeps
     * others from being read or claimed.
     */
    public static Eta stored(Instant from, Instant planned) {
        Instant earliest = planned.minus(MAX_EXPECTED);
        Instant latest = from.isAfter(planned) ? planned : from;
        return new Eta(latest.isBefore(earliest) ? earliest : latest, planned);
    }

    /** The same forecast for work that begins anew at {@code start}. */
    public Eta restartedAt(Instant start) {
        return new Eta(start, start.plus(Duration.between(from, planned)));
    }

    /**
     * When to read the status again, seen at {@code now}: the planned end or, after it, the next step. Always after
     * {@code now}.
     */
    public Instant at(Instant now) {
        Instant next = planned;
        long step = firstStepMillis();
        while (!next.isAfter(now) && step < MAX_STEP_MILLIS) {
            next = next.plusMillis(step);
            step = Math.min(2 * step, MAX_STEP_MILLIS);
        }
        if (next.isAfter(now)) {
            return next;
        }
        long wholeSteps = Duration.between(next, now).toMillis() / MAX_STEP_MILLIS;
        return next.plusMillis((wholeSteps + 1) * MAX_STEP_MILLIS);
    }

    private long firstStepMillis() {
        long quarter = Duration.between(from, planned).toMillis() / 4;
        return Math.min(Math.max(quarter, MIN_STEP_MILLIS), MAX_STEP_MILLIS);
    }

    private static Instant ceilToMillis(Instant instant) {
        Instant floor = instant.truncatedTo(ChronoUnit.MILLIS);
        return floor.equals(instant) ? instant : floor.plusMillis(1);
    }
}
