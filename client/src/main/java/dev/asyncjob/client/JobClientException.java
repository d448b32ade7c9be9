package dev.asyncjob.client;

import java.util.Map;

/** A request was rejected, or failed until the patience of the client was over. The message contains no secret. */
public final class JobClientException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String requestId;

    JobClientException(int status, String requestId, String message) {
        super(message);
        this.status = status;
        this.requestId = requestId;
    }

    /** The exception of an unexpected response. */
    static JobClientException of(int status, String requestId, String body) {
        return new JobClientException(status, requestId, status + " " + message(body));
    }

    /** The HTTP status of the response; 0 if there was none. */
    public int status() {
        return status;
    }

    /** The id of the request in the log of the server; empty if there was no response. */
    public String requestId() {
        return requestId;
    }

    /** Whether there is no such job for this client. */
    public boolean isNotFound() {
        return status == 404;
    }

    private static String message(String body) {
        try {
            if (Json.parse(body) instanceof Map<?, ?> whole
                    && whole.get("error") instanceof Map<?, ?> error
                    && error.get("message") instanceof String message) {
                return message;
            }
        } catch (IllegalArgumentException e) {
            return "without a readable message: " + e.getMessage();
        }
        return "without a message";
    }
}
