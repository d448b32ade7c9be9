package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.ScheduleResult;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A row of the contract's error table (section 1, "Errors"); a handler throws it when it refuses a request.
 *
 * <p>All of it may be shown to the client: it never holds text that the client sent, a secret, or a cause.
 */
public final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Broken rules in one response at most: a small request must not cause a large response. */
    public static final int MAX_INVALID = 50;

    /** The part of a request that Jetty's parser refuses. */
    private static final Invalid UNREADABLE = new Invalid(
            "request",
            "head",
            "format",
            "the target, a header or the framing breaks RFC 3986 or RFC 9112, or could mean two things",
            List.of());

    /** The unit of a quota of bytes. */
    private static final String BYTES = ";qu=\"content-bytes\"";

    private final int status;
    private final String type;
    private final transient List<Invalid> invalid;
    private final transient Map<String, String> headers;
    private final transient @Nullable JobSnapshot state;

    /**
     * One broken part of a request.
     *
     * @param entryType its kind: {@code json_data_property}, {@code path_parameter}, {@code query_parameter},
     *     {@code header} or {@code request}
     * @param entry which part, as a JSON path for bodies
     * @param rule the broken rule in one word
     * @param description what would be right
     * @param params the rule's limits
     */
    public record Invalid(String entryType, String entry, String rule, String description, List<String> params) {
        /** A part that a type of the domain refuses. */
        public static Invalid of(String entryType, String entry, InvalidValueException e) {
            return new Invalid(entryType, entry, e.rule(), String.valueOf(e.getMessage()), e.params());
        }

        /** A property of a JSON body; {@code path} as in {@code $.data}. */
        public static Invalid property(String path, String rule, String description) {
            return new Invalid("json_data_property", path, rule, description, List.of());
        }

        /** The same part of a larger body, in which {@code path} stands for {@code $}. */
        public Invalid under(String path) {
            return new Invalid(entryType, path + entry.substring(1), rule, description, params);
        }
    }

    private ApiError(
            int status,
            String type,
            String message,
            List<Invalid> invalid,
            Map<String, String> headers,
            @Nullable JobSnapshot state) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.invalid = List.copyOf(invalid);
        this.headers = Collections.unmodifiableMap(headers);
        this.state = state;
    }

    private static ApiError of(int status, String type, String message, Invalid... parts) {
        return new ApiError(status, type, message, List.of(parts), Map.of(), null);
    }

    public static ApiError malformed(Invalid... parts) {
        return of(400, "request_malformed", "Invalid request format", parts);
    }

    public static ApiError denied(String message) {
        return of(401, "access_denied", message).challenging("");
    }

    /**
     * A client without the scope that the method requires.
     *
     * @param scopes any one of them is sufficient; the first is named in the challenge
     */
    public static ApiError forbidden(List<Scope> scopes) {
        String message = "Your scope does not allow to access this resource. Missing allowances: "
                + scopes.stream().map(Scope::text).collect(Collectors.joining(" or "));
        return of(403, "forbidden", message)
                .challenging(", error=\"insufficient_scope\", scope=\"%s\""
                        .formatted(scopes.get(0).text()));
    }

    /** A client that is barred whatever its scopes are. */
    public static ApiError barred() {
        return of(403, "forbidden", "This client is not allowed to access the service");
    }

    public static ApiError taskNotFound(Invalid... parts) {
        return of(404, "not_found", "Task not found", parts);
    }

    public static ApiError notFound(Invalid... parts) {
        return of(404, "not_found", "Resource not found", parts);
    }

    static ApiError methodNotAllowed(String allow) {
        return ofStatus(405).with("Allow", allow);
    }

    /**
     * The request contradicts the state of a job or an earlier request.
     *
     * @param state the state, for the response to show; null if the client may not see it
     */
    public static ApiError conflict(@Nullable JobSnapshot state, Invalid... parts) {
        String message = "The request contradicts the present state";
        return new ApiError(409, "request_conflict", message, List.of(parts), Map.of(), state);
    }

    public static ApiError unsupportedMediaType(String what) {
        return of(415, "content_type_invalid", what);
    }

    public static ApiError invalid(List<Invalid> parts) {
        return of(422, "validation_failed", "Validation failed", parts.toArray(Invalid[]::new))
                .withAtMost(MAX_INVALID);
    }

    /**
     * A request beyond a rate limit (RFC 6585 section 4), with the fields of draft-ietf-httpapi-ratelimit-headers.
     *
     * @param policy the limit's name
     * @param quota requests that are allowed in {@code window} seconds
     * @param retryAfter seconds until the next request is allowed
     */
    public static ApiError tooManyRequests(String policy, int quota, long window, long retryAfter) {
        return ofStatus(429)
                .with("Retry-After", Long.toString(retryAfter))
                .with("RateLimit-Policy", "\"%s\";q=%s;w=%s".formatted(policy, quota, window))
                .with("RateLimit", "\"%s\";r=0;t=%s".formatted(policy, retryAfter));
    }

    /** A job above the quota of its client. */
    public static ApiError overQuota(ScheduleResult.OverQuota refusal) {
        String policy = refusal.ofJobs() ? "pending-jobs" : "pending-payloads";
        long quota = refusal.ofJobs() ? refusal.quota().jobs() : refusal.quota().bytes();
        long seconds = 1 + refusal.retryAfter().minusNanos(1).toSeconds();
        String message = "The client has too many pending jobs, or their payloads are too large together";
        return of(429, "too_many_requests", message)
                .with("Retry-After", Long.toString(seconds))
                .with("RateLimit-Policy", "\"%s\";q=%s%s".formatted(policy, quota, refusal.ofJobs() ? "" : BYTES))
                .with("RateLimit", "\"%s\";r=0;t=%s".formatted(policy, seconds));
    }

    public static ApiError unavailable(long retryAfterSeconds) {
        return of(503, "service_unavailable", "Service is unavailable, try again later")
                .with("Retry-After", Long.toString(Math.max(1, retryAfterSeconds)));
    }

    /** The row for a status that HTTP itself requires. */
    public static ApiError ofStatus(int status) {
        return switch (status) {
            case 404 -> notFound();
            case 405 -> of(405, "method_not_allowed", "Method not allowed");
            case 406 -> of(406, "content_type_invalid", "No acceptable representation: application/json is offered");
            case 408 -> of(408, "request_timeout", "The request took too long to arrive");
            case 413 -> of(413, "request_too_large", "Request body is too large");
            case 414 -> of(414, "request_too_large", "Request target is too long");
            case 415 -> unsupportedMediaType("Content type must be application/json");
            case 417 -> of(417, "expectation_failed", "Expectation cannot be met");
            case 426 -> of(426, "upgrade_required", "This protocol is not spoken here");
            case 429 -> of(429, "too_many_requests", "Too many requests");
            case 431 -> of(431, "request_too_large", "Request headers are too large");
            case 500 -> of(500, "internal_error", "Internal server error");
            case 501 -> of(501, "not_implemented", "This method or transfer coding is not implemented");
            case 503 -> unavailable(1);
            case 505 -> of(505, "http_version_not_supported", "HTTP version not supported");
            default -> status < 500 ? malformed(UNREADABLE) : ofStatus(500);
        };
    }

    /** The same with a challenge for the client (RFC 6750 section 3), of which these are more parameters. */
    public ApiError challenging(String parameters) {
        return with("WWW-Authenticate", "Bearer realm=\"asyncjob\"" + parameters);
    }

    private ApiError with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new ApiError(status, type, message(), invalid, more, state);
    }

    /** The same with at most so many broken rules. */
    public ApiError withAtMost(int parts) {
        List<Invalid> some = invalid.subList(0, Math.min(invalid.size(), parts));
        return new ApiError(status, type, message(), some, headers, state);
    }

    public int status() {
        return status;
    }

    String type() {
        return type;
    }

    String message() {
        return String.valueOf(getMessage());
    }

    public List<Invalid> invalid() {
        return invalid;
    }

    /** The present state of the job, if the client may see it; else null. */
    @Nullable
    JobSnapshot state() {
        return state;
    }

    /** Header fields that this error requires, in order. */
    public Map<String, String> headers() {
        return headers;
    }
}
