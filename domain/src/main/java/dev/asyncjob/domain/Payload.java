package dev.asyncjob.domain;

import java.nio.charset.StandardCharsets;

/**
 * The input that a producer passes to the worker: a JSON value, stored as the text that was sent.
 *
 * <p>It is never part of a status answer or a log line; {@link #toString()} shows only its length.
 *
 * @param json a JSON text of 1 to {@value #MAX_LENGTH} characters; its syntax is not checked here
 */
public record Payload(String json) {
    /** Characters at most, whatever {@code http.max-body} says. */
    public static final int MAX_LENGTH = 1_048_576;

    /** No payload: the JSON value {@code null}. */
    public static final Payload NONE = new Payload("null");

    /** @throws InvalidValueException if the text is empty, too long or cannot be stored */
    public Payload {
        Rules.length("payload", json, 1, MAX_LENGTH);
        Rules.storable("payload", json);
    }

    /** The length as UTF-8. */
    public int bytes() {
        return json.getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public String toString() {
        return "Payload[" + json.length() + " characters]";
    }
}
