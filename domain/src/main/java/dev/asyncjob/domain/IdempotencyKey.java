package dev.asyncjob.domain;

import java.util.regex.Pattern;

/**
 * What makes a repeated request to schedule known: the job is then kept once, and answered like the first time.
 *
 * <p>A key is known as long as its job can be read. It is kept as a digest, so that what clients put into it does not
 * spread.
 *
 * @param value the client and its key: 64 hexadecimal digits
 * @param request what was asked, to tell a repetition from another request under the same key: 64 hexadecimal digits
 */
public record IdempotencyKey(String value, String request) {
    /** Characters of a client's key at most. */
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
     * @param client who asks; the keys of two clients never meet
     * @param key what the client calls the request: 1 to {@value #MAX_LENGTH} visible ASCII characters
     * @param request all that was asked, as text
     * @throws InvalidValueException if {@code key} breaks its rule
     */
    public static IdempotencyKey of(Owner client, String key, String request) {
        Rules.visible("Idempotency-Key", key, MAX_LENGTH);
        return new IdempotencyKey(
                new Fingerprint().add(client).add(key).text(),
                new Fingerprint().add(request).text());
    }
}
