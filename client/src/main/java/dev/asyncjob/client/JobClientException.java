package dev.asyncjob.client;

import java.util.Map;
import java.util.function.UnaryOperator;

/** A request was rejected, or failed until the patience of the client was over. The message contains no secret. */
public final class JobClientException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String requestId;
    private final String type;

    JobClientException(int status, String requestId, String message) {
        this(status, requestId, "", message);
    }

    private JobClientException(int status, String requestId, String type, String message) {
        super(message);
        this.status = status;
        this.requestId = requestId;
        this.type = type;
    }

    /** The exception of an unexpected response. */
    static JobClientException of(int status, String requestId, String body) {
        return new JobClientException(
                status, requestId, text(body, "type", type -> ""), status + " " + text(body, "message", why -> why));
    }

    /** The HTTP status of the response; 0 if there was none. */
    public int status() {
        return status;
    }

    /** The id of the request in the log of the server; empty if there was no response. */
    public String requestId() {
        return requestId;
    }

    /** {@code error.type} of the response; empty if it is not one of the service, as that of a gateway. */
    public String type() {
        return type;
    }

    /** Whether there is no such job for this client. */
    public boolean isNotFound() {
        return status == 404;
    }

    /** A text in the error of the response, or what stands for it, given the reason why it is missing. */
    private static String text(String body, String name, UnaryOperator<String> missing) {
        try {
            return Json.parse(body) instanceof Map<?, ?> whole
                            && whole.get("error") instanceof Map<?, ?> error
                            && error.get(name) instanceof String text
                    ? text
                    : missing.apply("without a " + name);
        } catch (IllegalArgumentException e) {
            return missing.apply("without a readable " + name + ": " + e.getMessage());
        }
    }
}
