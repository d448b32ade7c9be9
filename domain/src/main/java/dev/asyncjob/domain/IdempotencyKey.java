package dev.asyncjob.domain;

import java.util.regex.Pattern;

/**
 * Identifies repetitions of a request to schedule: the job is stored once, and a repetition gets the first response.
 *
 * <p>A key is known as long as its job can be read. It is stored as a digest, so that personal data in it does not
 * spread.
 *
 * @param value the client and its key: 64 hexadecimal digits
 * @param request the content of the request, to tell a repetition from another request with the same key: 64
 *     hexadecimal digits
 */
public record IdempotencyKey(String value, String request) {
    /** The longest key. */
    public static final int MAX_LENGTH = 255;

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /** @throws InvalidValueException if a part is not 64 hexadecimal digits */
    public IdempotencyKey {
        Rules.format("key", value, DIGEST, "64 hexadecimal digits");
        Rules.format("request", request, DIGEST, "64 hexadecimal digits");
    }

    /**
     * The key of one client's request.
     *
     * @param client the client that sends the request; equal keys of two clients are different
     * @param key the key that the client gives the request: 1 to {@value #MAX_LENGTH} visible ASCII characters
     * @param request the content of the request, as text; all of it, since a repetition is answered from it as well
     * @throws InvalidValueException if {@code key} breaks its rule
     */
    public static IdempotencyKey of(Owner client, String key, String request) {
        Rules.visible("Idempotency-Key", key, MAX_LENGTH);
        return new IdempotencyKey(
                new Fingerprint().add(client).add(key).text(),
                new Fingerprint().add(request).text());
    }
}
