package dev.asyncjob.client;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is set for the jobs of a kind, as a response of the server states it. Unknown fields are ignored.
 *
 * @param kind the kind
 * @param lastAskedAt when a worker last asked for it; null if that is not known
 * @param pause the pause in which no worker gets a job of it; null if there is none
 * @param limit how many jobs of it may run at the same time; null for any number
 */
public record KindState(
        String kind,
        @Nullable Instant lastAskedAt,
        @Nullable Pause pause,
        @Nullable Integer limit) {
    /**
     * A pause.
     *
     * @param since when it began; null if a newer server says so in another way
     * @param by the operator who began it
     * @param reason why; null if none was given
     */
    public record Pause(
            @Nullable Instant since, String by, @Nullable String reason) {}

    /** @throws IllegalArgumentException if the body is none */
    static KindState of(String body) {
        if (!(Json.parse(body) instanceof Map<?, ?> whole && whole.get("data") instanceof Map<?, ?> data)) {
            throw new IllegalArgumentException("no kind");
        }
        return of(data);
    }

    /** @throws IllegalArgumentException if the body is none */
    static List<KindState> several(String body) {
        if (!(Json.parse(body) instanceof Map<?, ?> whole && whole.get("data") instanceof List<?> data)) {
            throw new IllegalArgumentException("no kinds");
        }
        List<KindState> kinds = new ArrayList<>();
        for (Object kind : data) {
            if (kind instanceof Map<?, ?> fields) {
                kinds.add(of(fields));
            }
        }
        return kinds;
    }

    private static KindState of(Map<?, ?> fields) {
        Pause pause = fields.get("pause") instanceof Map<?, ?> set
                ? new Pause(
                        JobState.instant(set, "since"), JobState.string(set, "by"), JobState.optional(set, "reason"))
                : null;
        return new KindState(
                JobState.string(fields, "kind"),
                JobState.instant(fields, "lastAskedAt"),
                pause,
                fields.get("limit") instanceof Double number ? number.intValue() : null);
    }
}
