package dev.asyncjob.client;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job to be scheduled (contract section 2). The server validates the values.
 *
 * @param kind the kind of work
 * @param links the resources of the job; at least one
 * @param id the id of the job; null to have the server generate it
 * @param owner the owner, which may read the job; null for the client itself
 * @param payload the input of the worker, a JSON text; null for none
 * @param notBefore the earliest start; null for now
 */
public record JobRequest(
        String kind,
        List<JobState.Link> links,
        @Nullable UUID id,
        @Nullable String owner,
        @Nullable String payload,
        @Nullable Instant notBefore) {
    /** Copies the links. */
    public JobRequest {
        links = List.copyOf(links);
    }

    /** A job with one link. */
    public static JobRequest of(String kind, String entity) {
        return new JobRequest(kind, List.of(new JobState.Link(entity, null, null)), null, null, null, null);
    }

    /** The same with a payload. */
    public JobRequest withPayload(String json) {
        return new JobRequest(kind, links, id, owner, json, notBefore);
    }

    /** The same with an id that the producer chose. */
    public JobRequest withId(UUID other) {
        return new JobRequest(kind, links, other, owner, payload, notBefore);
    }

    String json() {
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("kind", Json.text(kind));
        fields.put("links", links.stream().map(JobRequest::json).toList().toString());
        fields.put("id", text(id));
        fields.put("owner", text(owner));
        fields.put("payload", payload);
        fields.put("notBefore", text(notBefore));
        return Json.object(fields);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : Json.text(value.toString());
    }

    private static String json(JobState.Link link) {
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("entity", Json.text(link.entity()));
        fields.put("href", text(link.href()));
        return Json.object(fields);
    }
}
