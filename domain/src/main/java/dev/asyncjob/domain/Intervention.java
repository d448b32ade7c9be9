package dev.asyncjob.domain;

import java.util.UUID;

/**
 * Who intervenes, for the audit: an operator, with one request. The calls of one intervention are one entry.
 *
 * @param id identifies the intervention, and its entry
 * @param by the client, or client and user
 * @param requestId the id of the request, 1 to {@value #MAX_REQUEST_ID} visible ASCII characters
 */
public record Intervention(UUID id, Owner by, String requestId) {
    /** Characters of a request id at most. */
    public static final int MAX_REQUEST_ID = 128;

    /** @throws InvalidValueException if {@code requestId} breaks its rule */
    public Intervention {
        Rules.visible("request id", requestId, MAX_REQUEST_ID);
    }
}
