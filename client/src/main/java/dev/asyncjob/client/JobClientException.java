package dev.asyncjob.client;

import java.io.Serial;
import java.util.Map;

/** A request that cannot succeed, or did not within the client's patience. Its message repeats no secret. */
public final class JobClientException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String requestId;

    JobClientException(int status, String requestId, String message) {
        super(message);
        this.status = status;
        this.requestId = requestId;
    }

    /** What came instead of what was asked for. */
    static JobClientException of(int status, String requestId, String body) {
        return new JobClientException(status, requestId, status + " " + message(body));
    }

    /** The HTTP status of the answer; 0 if there was none. */
    public int status() {
        return status;
    }

    /** The name of the request in the service's log; empty if there was no answer. */
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
            return "without an explanation: " + e.getMessage();
        }
        return "without an explanation";
    }
}
