package dev.asyncjob.domain;

import java.nio.charset.StandardCharsets;

/**
 * A small result that a worker gives with its outcome: a JSON value, stored as the text that was sent.
 *
 * <p>Readers see it where a status read asks for it. It is never part of a log line; {@link #toString()} shows only its
 * length.
 *
 * @param json a JSON text of 1 to {@value #MAX_LENGTH} characters; its syntax is not checked here. Ends of lines, which
 *     are white space in JSON, become spaces, since an event has one line
 */
public record JobResult(String json) {
    /** Characters at most, whatever {@code work.max-result} says. */
    public static final int MAX_LENGTH = 1_048_576;

    /** @throws InvalidValueException if the text is empty, too long or cannot be stored */
    public JobResult {
        Rules.length("result", json, 1, MAX_LENGTH);
        Rules.storable("result", json);
        json = json.replace('\n', ' ').replace('\r', ' ');
    }

    /** The length as UTF-8. */
    public int bytes() {
        return json.getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public String toString() {
        return "JobResult[" + json.length() + " characters]";
    }
}
