package dev.asyncjob.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state of a job, as a response of the server describes it (contract section 1). What a newer server adds is
 * ignored.
 *
 * @param eta while pending the expected end, then the actual end; null if the response has none that is readable
 * @param doneAt the actual end; null while pending, or if the response has none that is readable
 * @param links the resources of the job, with the result or the error once it has ended; without unreadable ones
 * @param statusText the status as the server names it, which tells more than {@link Status#OTHER}
 * @param extras what the server tells beside, where {@link ClientSettings#extras} asks for it
 */
public record JobState(
        UUID id,
        Status status,
        @Nullable Instant eta,
        @Nullable Instant doneAt,
        List<Link> links,
        String statusText,
        Extras extras) {
    private static final Set<String> VERBATIM = Set.of("result");

    /** The statuses of the contract: accepted and not ended, ended without a result, ended with a result. */
    public enum Status {
        PENDING,
        FAILED,
        DONE,
        /** A status of a newer contract. The client regards it as not ended, since it cannot know. */
        OTHER
    }

    /**
     * A resource of a job.
     *
     * @param href the location of the resource; null while it is unknown
     * @param error the reason of a failure; null unless failed
     */
    public record Link(
            String entity, @Nullable String href, @Nullable String error) {}

    /**
     * What a server tells of a job beside its status. Each part is null if the server tells none.
     *
     * @param progress how much is done, in percent, as the worker stated it last
     * @param message what the worker stated last
     * @param result a small result, a JSON text
     * @param code the code of a failure
     * @param reference the producer's own name for the job
     */
    public record Extras(
            @Nullable Double progress,
            @Nullable String message,
            @Nullable String result,
            @Nullable String code,
            @Nullable String reference) {
        /** The server tells nothing. */
        public static final Extras NONE = new Extras(null, null, null, null, null);

        private static Extras of(Map<?, ?> data) {
            return new Extras(
                    data.get("progress") instanceof Double percent ? percent : null,
                    optional(data, "message"),
                    optional(data, "result"),
                    optional(data, "code"),
                    optional(data, "reference"));
        }
    }

    /** Copies the links. */
    public JobState {
        links = List.copyOf(links);
    }

    /** Whether the state is final, as far as the client knows. */
    public boolean hasEnded() {
        return status == Status.DONE || status == Status.FAILED;
    }

    /**
     * Reads the body of a status response.
     *
     * @throws IllegalArgumentException if it is not one
     */
    static JobState of(String body) {
        if (Json.parse(body, VERBATIM) instanceof Map<?, ?> whole && whole.get("data") instanceof Map<?, ?> data) {
            return of(data);
        }
        throw new IllegalArgumentException("no job");
    }

    /** Likewise reads the states of several jobs, empty for those that do not exist. */
    static Map<UUID, Optional<JobState>> several(String body) {
        if (!(Json.parse(body, VERBATIM) instanceof Map<?, ?> whole && whole.get("data") instanceof List<?> entries)) {
            throw new IllegalArgumentException("no jobs");
        }
        Map<UUID, Optional<JobState>> states = new HashMap<>();
        for (Object entry : entries) {
            Map<?, ?> data = entry instanceof Map<?, ?> fields ? fields : Map.of();
            boolean missing = data.get("status") instanceof Double code && code == 404;
            states.put(UUID.fromString(string(data, "id")), missing ? Optional.empty() : Optional.of(of(data)));
        }
        return states;
    }

    private static JobState of(Map<?, ?> data) {
        String status = string(data, "status");
        return new JobState(
                UUID.fromString(string(data, "id")),
                status(status),
                instant(data, "eta"),
                instant(data, "doneAt"),
                data.get("links") instanceof List<?> links ? links(links) : List.of(),
                status,
                Extras.of(data));
    }

    static Status status(@Nullable String text) {
        return Arrays.stream(Status.values())
                .filter(status -> status.name().equals(text))
                .findFirst()
                .orElse(Status.OTHER);
    }

    static @Nullable Instant instant(Map<?, ?> fields, String name) {
        try {
            return Instant.parse(String.valueOf(fields.get(name)));
        } catch (DateTimeException e) {
            return null;
        }
    }

    static List<Link> links(List<?> links) {
        List<Link> readable = new ArrayList<>();
        for (Object link : links) {
            if (link instanceof Map<?, ?> fields && fields.get("entity") instanceof String entity) {
                readable.add(new Link(entity, optional(fields, "href"), optional(fields, "error")));
            }
        }
        return readable;
    }

    static String string(Map<?, ?> fields, String name) {
        String value = optional(fields, name);
        if (value == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return value;
    }

    static @Nullable String optional(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? text : null;
    }
}
