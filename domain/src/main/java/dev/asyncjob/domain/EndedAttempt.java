package dev.asyncjob.domain;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that has ended, as operators see it; owners never do.
 *
 * @param number which attempt of the job, 1 to {@value Attempts#MAX}; the number of an attempt that is not counted
 *     comes again
 * @param worker the worker that held its lease
 * @param begunAt when its lease began, on the store's clock; null if that was not kept
 * @param endedAt when it ended, on the store's clock; if its lease ran out, when that was
 * @param end how it ended
 * @param error the head of the reason for which it failed, 1 to {@value #MAX_ERROR} characters on one line; null unless
 *     it failed
 */
public record EndedAttempt(
        int number,
        WorkerId worker,
        @Nullable Instant begunAt,
        Instant endedAt,
        End end,
        @Nullable String error) {
    /** Attempts of a job that are kept; of more, the newest. */
    public static final int MAX_KEPT = 20;

    /** Characters of an error that are kept. */
    public static final int MAX_ERROR = 200;

    /** How an attempt ended. */
    public enum End {
        /** Its worker reported it done. */
        DONE,
        /** Its worker reported it failed. */
        FAILED,
        /** Its worker gave the job back; the attempt is not counted. */
        RELEASED,
        /** Its lease ran out before its worker reported anything. */
        LEASE_RAN_OUT,
        /** The job was cancelled. */
        CANCELLED
    }

    /** Cuts the error, and puts a space for each character that does not belong on a line. */
    public EndedAttempt {
        error = error == null ? null : head(error);
    }

    /** An attempt that ended with what its worker reported. */
    public static EndedAttempt with(
            Outcome outcome, int number, WorkerId worker, @Nullable Instant begunAt, Instant endedAt) {
        String error = outcome.errorForOperators();
        return new EndedAttempt(number, worker, begunAt, endedAt, error == null ? End.DONE : End.FAILED, error);
    }

    /** The attempts after one more has ended, the newest first: {@value #MAX_KEPT} at most. */
    public List<EndedAttempt> before(List<EndedAttempt> earlier) {
        List<EndedAttempt> all = new ArrayList<>(List.of(this));
        all.addAll(earlier);
        return List.copyOf(all.subList(0, Math.min(all.size(), MAX_KEPT)));
    }

    private static String head(String text) {
        StringBuilder head = new StringBuilder();
        text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? ' ' : c)
                .takeWhile(c -> head.length() + Character.charCount(c) <= MAX_ERROR)
                .forEach(head::appendCodePoint);
        return head.toString();
    }
}
