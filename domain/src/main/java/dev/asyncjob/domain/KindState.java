package dev.asyncjob.domain;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What operators have set for the jobs of one kind, on all nodes.
 *
 * @param kind the kind
 * @param askedAt when a worker last asked for the kind, up to some seconds late; null if none did within some weeks
 * @param pause the pause in which no job of the kind is claimed; null if there is none
 * @param limit how many jobs of the kind may be leased at the same time, 1 to {@value #MAX_LIMIT}; null for any number
 */
public record KindState(
        JobKind kind,
        @Nullable Instant askedAt,
        @Nullable Pause pause,
        @Nullable Integer limit) {
    /** The largest limit. */
    public static final int MAX_LIMIT = 100_000;

    /** @throws InvalidValueException if {@code limit} is out of range */
    public KindState {
        if (limit != null) {
            Rules.range("running", limit, 1, MAX_LIMIT);
        }
    }

    /** A kind for which nothing is set and no worker has asked. */
    public static KindState of(JobKind kind) {
        return new KindState(kind, null, null, null);
    }

    /** The same, asked for at this time. */
    public KindState askedAt(Instant time) {
        return new KindState(kind, time, pause, limit);
    }

    /** The same with this pause; null for none. */
    public KindState withPause(@Nullable Pause other) {
        return new KindState(kind, askedAt, other, limit);
    }

    /**
     * The same with this limit; null for none.
     *
     * @throws InvalidValueException if it is out of range
     */
    public KindState withLimit(@Nullable Integer other) {
        return new KindState(kind, askedAt, pause, other);
    }

    /**
     * A pause of a kind.
     *
     * @param since when it began
     * @param by the operator who began it
     * @param reason why, 1 to {@value #MAX_REASON} characters, any text that can be stored; null if none was given
     */
    public record Pause(Instant since, Owner by, @Nullable String reason) {
        /** Characters of a reason at most. */
        public static final int MAX_REASON = 200;

        /** @throws InvalidValueException if the reason breaks its rule */
        public Pause {
            if (reason != null) {
                Rules.length("reason", reason, 1, MAX_REASON);
                Rules.storable("reason", reason);
            }
        }
    }
}
