package dev.asyncjob.client;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why a job is as it is (contract section 2). Immutable.
 *
 * @param reason a code, such as {@code waiting} or {@code no_worker}; a newer server may send others
 * @param text the reason as one sentence, in English unless another language was asked for
 * @param attempts the attempts that have ended, the newest first; only operators get them
 */
public record JobExplanation(String reason, String text, List<Attempt> attempts) {
    /** Copies the list. */
    public JobExplanation {
        attempts = List.copyOf(attempts);
    }

    /**
     * An attempt that has ended.
     *
     * @param number which attempt of the job, from 1 on
     * @param worker the worker that made it
     * @param startedAt when it began; null if that is not known
     * @param endedAt when it ended; null if a newer server says so in another way
     * @param outcome how it ended, such as {@code FAILED} or {@code LEASE_RAN_OUT}
     * @param error why it failed; null unless it did
     */
    public record Attempt(
            long number,
            String worker,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt,
            String outcome,
            @Nullable String error) {
        private static Attempt of(Map<?, ?> fields) {
            return new Attempt(
                    fields.get("attempt") instanceof Double number ? number.longValue() : 0,
                    JobState.string(fields, "worker"),
                    JobState.instant(fields, "startedAt"),
                    JobState.instant(fields, "endedAt"),
                    JobState.string(fields, "outcome"),
                    JobState.optional(fields, "error"));
        }
    }

    /** @throws IllegalArgumentException if the body is none */
    static JobExplanation of(String body) {
        if (!(Json.parse(body) instanceof Map<?, ?> whole && whole.get("data") instanceof Map<?, ?> data)) {
            throw new IllegalArgumentException("no explanation");
        }
        List<Attempt> attempts = new ArrayList<>();
        for (Object attempt : data.get("attempts") instanceof List<?> all ? all : List.of()) {
            if (attempt instanceof Map<?, ?> fields) {
                attempts.add(Attempt.of(fields));
            }
        }
        return new JobExplanation(JobState.string(data, "reason"), JobState.string(data, "text"), attempts);
    }
}
