package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The statements of one attempt after another about a job, as far as they matter: readers see at most one change in
 * {@link #PACE}, and always the last statement.
 *
 * <p>A pure function of what was stated and of the store's clock, so every node shows the same.
 *
 * @param newest all that is stated; readers see it from {@code shownFrom} on
 * @param shownFrom on the store's clock; null if nothing was stated yet
 * @param before what readers see until then
 */
public record Statements(Statement newest, @Nullable Instant shownFrom, Statement before) {
    /** The time between two changes that readers see, at least. */
    public static final Duration PACE = Duration.ofSeconds(1);

    /** Nothing was stated. */
    public static final Statements NONE = new Statements(Statement.NONE, null, Statement.NONE);

    /**
     * These statements and one more.
     *
     * @param next what is stated; nothing changes if that is nothing
     * @param now the store's clock; if it was set back, readers still see the statement after {@link #PACE}
     */
    public Statements then(Statement next, Instant now) {
        if (next.isNone()) {
            return this;
        }
        Statement all = newest.then(next);
        if (shownFrom == null) {
            return new Statements(all, now, newest);
        }
        return shownFrom.isAfter(now)
                ? new Statements(all, earlier(shownFrom, now.plus(PACE)), before)
                : new Statements(all, later(shownFrom.plus(PACE), now), newest);
    }

    /** What readers see at {@code now}, while the job is pending. */
    public Statement at(Instant now) {
        return changesAt(now) == null ? newest : before;
    }

    /** When readers see another statement than at {@code now}; null if they see the newest. */
    public @Nullable Instant changesAt(Instant now) {
        boolean waits = shownFrom != null && shownFrom.isAfter(now) && !shownFrom.isAfter(now.plus(PACE));
        return waits ? shownFrom : null;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }
}
