package dev.asyncjob.client;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A job to be scheduled (contract section 2). The server validates the values, but for the key.
 *
 * @param kind the kind of work
 * @param links the resources of the job; at least one
 * @param id the id of the job; null to have the server generate it
 * @param owner the owner, which may read the job; null for the client itself
 * @param payload the input of the worker, a JSON text; null for none
 * @param notBefore the earliest start; null for now
 * @param maxAttempts how many attempts are made at most, 1 to 100; null for as many as the server sets
 * @param reference the producer's own name for the job, such as an order number; null for none
 * @param idempotencyKey the client's key for this request, 1 to 255 characters of visible ASCII: while the job can be
 *     read, the same key with the same job schedules no second one, from another process too; null for a new key
 * @param callback whether the server calls the endpoint that its operator has registered for the client when the job
 *     ends
 * @param trace the trace that the job continues; its workers get it. Null for none
 */
public record JobRequest(
        String kind,
        List<JobState.Link> links,
        @Nullable UUID id,
        @Nullable String owner,
        @Nullable String payload,
        @Nullable Instant notBefore,
        @Nullable Integer maxAttempts,
        @Nullable String reference,
        @Nullable String idempotencyKey,
        boolean callback,
        @Nullable Trace trace) {
    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");
    private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f-]{55}");
    private static final Pattern TRACESTATE = Pattern.compile("[ -~]{1,512}");

    /**
     * A place in a distributed trace, as W3C Trace Context has it. Tracing libraries read and write these two values.
     *
     * @param traceparent version 00, 55 characters
     * @param tracestate 1 to 512 characters; null for none
     */
    public record Trace(String traceparent, @Nullable String tracestate) {
        /** @throws IllegalArgumentException if a value cannot be one; the server ignores others that are not valid */
        public Trace {
            ClientSettings.require(
                    TRACEPARENT.matcher(traceparent).matches(), "traceparent must have 55 digits, a to f and hyphens");
            ClientSettings.require(
                    tracestate == null || TRACESTATE.matcher(tracestate).matches(),
                    "tracestate must be 1 to 512 characters of ASCII");
        }
    }

    /** @throws IllegalArgumentException if the key breaks its rule */
    public JobRequest {
        ClientSettings.require(
                idempotencyKey == null || KEY.matcher(idempotencyKey).matches(),
                "idempotencyKey must be 1 to 255 characters of visible ASCII");
        links = List.copyOf(links);
    }

    /** A job with one link. */
    public static JobRequest of(String kind, String entity) {
        return new JobRequest(
                kind,
                List.of(new JobState.Link(entity, null, null)),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                false,
                null);
    }

    /** The same with a payload. */
    public JobRequest withPayload(String json) {
        return new JobRequest(
                kind, links, id, owner, json, notBefore, maxAttempts, reference, idempotencyKey, callback, trace);
    }

    /** The same with an id that the producer chose. */
    public JobRequest withId(UUID other) {
        return new JobRequest(
                kind, links, other, owner, payload, notBefore, maxAttempts, reference, idempotencyKey, callback, trace);
    }

    /** The same with another number of attempts. */
    public JobRequest withMaxAttempts(int other) {
        return new JobRequest(
                kind, links, id, owner, payload, notBefore, other, reference, idempotencyKey, callback, trace);
    }

    /** The same with a key that the producer chose. */
    public JobRequest withIdempotencyKey(String other) {
        return new JobRequest(
                kind, links, id, owner, payload, notBefore, maxAttempts, reference, other, callback, trace);
    }

    /** The same with a name of the producer's own. */
    public JobRequest withReference(String own) {
        return new JobRequest(
                kind, links, id, owner, payload, notBefore, maxAttempts, own, idempotencyKey, callback, trace);
    }

    /** The same with a call when it ends. */
    public JobRequest withCallback() {
        return new JobRequest(
                kind, links, id, owner, payload, notBefore, maxAttempts, reference, idempotencyKey, true, trace);
    }

    /** The same as a part of a trace. */
    public JobRequest withTrace(Trace context) {
        return new JobRequest(
                kind, links, id, owner, payload, notBefore, maxAttempts, reference, idempotencyKey, callback, context);
    }

    String json() {
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("kind", Json.text(kind));
        fields.put("links", json(links));
        fields.put("id", text(id));
        fields.put("owner", text(owner));
        fields.put("payload", payload);
        fields.put("notBefore", text(notBefore));
        fields.put("maxAttempts", maxAttempts == null ? null : maxAttempts.toString());
        fields.put("reference", text(reference));
        fields.put("callback", callback ? "true" : null);
        return Json.object(fields);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : Json.text(value.toString());
    }

    static String json(List<JobState.Link> links) {
        return links.stream().map(JobRequest::json).toList().toString();
    }

    private static String json(JobState.Link link) {
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("entity", Json.text(link.entity()));
        fields.put("href", text(link.href()));
        return Json.object(fields);
    }
}
