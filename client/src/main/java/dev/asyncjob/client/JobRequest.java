package dev.asyncjob.client;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job to be scheduled (contract section 2). The service judges the values.
 *
 * @param kind what sort of work it is
 * @param links what it is about; at least one
 * @param id its name; null lets the service choose
 * @param owner who may read it; null means the client itself
 * @param payload what the worker needs to know, a JSON text; null for nothing
 * @param notBefore when it may begin; null means at once
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

    /** A job about one thing. */
    public static JobRequest of(String kind, String entity) {
        return new JobRequest(kind, List.of(new JobState.Link(entity, null, null)), null, null, null, null);
    }

    /** The same with a payload. */
    public JobRequest withPayload(String json) {
        return new JobRequest(kind, links, id, owner, json, notBefore);
    }

    /** The same under a name of the producer's. */
    public JobRequest withId(UUID other) {
        return new JobRequest(kind, links, other, owner, payload, notBefore);
    }

    String json() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("kind", Json.text(kind));
        fields.put("links", links.stream().map(JobRequest::json).toList().toString());
        if (id != null) {
            fields.put("id", Json.text(id.toString()));
        }
        if (owner != null) {
            fields.put("owner", Json.text(owner));
        }
        if (payload != null) {
            fields.put("payload", payload);
        }
        if (notBefore != null) {
            fields.put("notBefore", Json.text(notBefore.toString()));
        }
        return Json.object(fields);
    }

    private static String json(JobState.Link link) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("entity", Json.text(link.entity()));
        if (link.href() != null) {
            fields.put("href", Json.text(link.href()));
        }
        return Json.object(fields);
    }
}
