package dev.asyncjob.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state of a job, as a response of the server describes it (contract section 1).
 *
 * @param eta while pending the expected end; then the actual end
 * @param doneAt the actual end; null while pending
 * @param links the resources of the job, with the result or the error once it has ended
 */
public record JobState(
        UUID id, Status status, Instant eta, @Nullable Instant doneAt, List<Link> links) {
    /** The statuses of the contract: accepted and not ended, ended without a result, ended with a result. */
    public enum Status {
        PENDING,
        FAILED,
        DONE
    }

    /**
     * A resource of a job.
     *
     * @param href the location of the resource; null while it is unknown
     * @param error the reason of a failure; null unless failed
     */
    public record Link(
            String entity, @Nullable String href, @Nullable String error) {}

    /** Copies the links. */
    public JobState {
        links = List.copyOf(links);
    }

    /** Whether the state is final. */
    public boolean hasEnded() {
        return status != Status.PENDING;
    }

    /**
     * Reads the body of a status response.
     *
     * @throws IllegalArgumentException if it is not one
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
