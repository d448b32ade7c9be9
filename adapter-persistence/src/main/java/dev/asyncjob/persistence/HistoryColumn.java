package dev.asyncjob.persistence;

import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.WorkerId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The columns {@code history}: the attempts at a job that have ended, the newest first, a line each with number, begin
 * and end (microseconds since 1970, or {@code -}), the first letter of the end, worker, and the error if there is one.
 *
 * <p>A text in the rows of the job itself, so that an attempt that ends costs no statement and no row.
 */
final class HistoryColumn {
    /** Characters at most, more than {@link EndedAttempt#MAX_KEPT} lines have; what is cut is no whole line. */
    private static final int MAX = 8000;

    private static final String NONE = "-";

    private HistoryColumn() {}

    /** Returns the SQL of the column after an attempt, of the table {@code w}, that ended without an error. */
    static String ended(EndedAttempt.End end, String endedAt) {
        return "left(cast(w.attempts_made as varchar) || ' ' || coalesce(%s, '%s') || ' ' || %s || ' %s ' || w.worker"
                        .formatted(micros("w.claimed_at"), NONE, micros(endedAt), letter(end))
                + " || chr(10) || coalesce(w.history, ''), " + MAX + ")";
    }

    private static String micros(String instant) {
        return "cast(cast(extract(epoch from " + instant + ") * 1000000 as bigint) as varchar)";
    }

    private static char letter(EndedAttempt.End end) {
        return end.name().charAt(0);
    }

    /** Returns the column after one more attempt has ended. */
    static String with(EndedAttempt attempt, @Nullable String before) {
        String line = attempt.number() + " " + micros(attempt.begunAt()) + " " + micros(attempt.endedAt()) + " "
                + letter(attempt.end()) + " " + attempt.worker()
                + (attempt.error() == null ? "" : " " + attempt.error()) + "\n";
        String all = before == null ? line : line + before;
        return all.substring(0, Math.min(all.length(), MAX));
    }

    private static String micros(@Nullable Instant instant) {
        return instant == null ? NONE : Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, instant));
    }

    /** Reads the column. */
    static List<EndedAttempt> read(@Nullable String column) {
        return column == null
                ? List.of()
                : SqlTypes.stored(() -> column.substring(0, column.lastIndexOf('\n') + 1)
                        .lines()
                        .limit(EndedAttempt.MAX_KEPT)
                        .map(HistoryColumn::attempt)
                        .toList());
    }

    private static EndedAttempt attempt(String line) {
        String[] parts = line.split(" ", 6);
        Instant endedAt = instant(parts[2]);
        return new EndedAttempt(
                Integer.parseInt(parts[0]),
                new WorkerId(parts[4]),
                parts[1].equals(NONE) ? null : instant(parts[1]),
                endedAt,
                end(parts[3]),
                parts.length == 6 ? parts[5] : null);
    }

    private static Instant instant(String micros) {
        return Instant.EPOCH.plus(Long.parseLong(micros), ChronoUnit.MICROS);
    }

    private static EndedAttempt.End end(String letter) {
        for (EndedAttempt.End end : EndedAttempt.End.values()) {
            if (letter.charAt(0) == letter(end)) {
                return end;
            }
        }
        throw new IllegalStateException("a stored attempt has an unknown end: " + letter);
    }
}
