package dev.asyncjob.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job as the service told of it (contract section 1).
 *
 * @param eta while pending when its end is expected; then when it ended
 * @param doneAt when it ended; null while pending
 * @param links what it is about, with the result or the error once it ended
 */
public record JobState(
        UUID id, Status status, Instant eta, @Nullable Instant doneAt, List<Link> links) {
    /** The words of the contract. */
    public enum Status {
        /** Accepted and not ended. */
        PENDING,
        /** Ended without a result. */
        FAILED,
        /** Ended with a result. */
        DONE
    }

    /**
     * What a job is about.
     *
     * @param href where to find it; null while that is unknown
     * @param error why there is no result; null unless failed
     */
    public record Link(
            String entity, @Nullable String href, @Nullable String error) {}

    /** Copies the links. */
    public JobState {
        links = List.copyOf(links);
    }

    /** Whether it will never change any more. */
    public boolean hasEnded() {
        return status != Status.PENDING;
    }

    /**
     * Reads a status body.
     *
     * @throws IllegalArgumentException if it is none
     */
    static JobState of(String body) {
        if (Json.parse(body) instanceof Map<?, ?> whole && whole.get("data") instanceof Map<?, ?> data) {
            try {
                Object doneAt = data.get("doneAt");
                return new JobState(
                        UUID.fromString(string(data, "id")),
                        Status.valueOf(string(data, "status")),
                        Instant.parse(string(data, "eta")),
                        doneAt == null ? null : Instant.parse(string(data, "doneAt")),
                        links(data.get("links")));
            } catch (DateTimeException e) {
                throw new IllegalArgumentException("no instant", e);
            }
        }
        throw new IllegalArgumentException("no job");
    }

    private static List<Link> links(@Nullable Object links) {
        if (!(links instanceof List<?> all)) {
            throw new IllegalArgumentException("no links");
        }
        return all.stream().map(JobState::link).toList();
    }

    private static Link link(Object link) {
        if (link instanceof Map<?, ?> fields) {
            return new Link(string(fields, "entity"), optional(fields, "href"), optional(fields, "error"));
        }
        throw new IllegalArgumentException("no link");
    }

    private static String string(Map<?, ?> fields, String name) {
        String value = optional(fields, name);
        if (value == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return value;
    }

    private static @Nullable String optional(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof String text ? text : null;
    }
}
