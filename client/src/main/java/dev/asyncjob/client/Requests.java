package dev.asyncjob.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Builds and sends requests with the credentials of one client. Safe for use from any thread. */
final class Requests {
    /** RFC 9110 section 8.8.3, in ASCII: what can be sent back. */
    private static final Pattern ENTITY_TAG = Pattern.compile("(W/)?\"[!#-~]*\"");

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** How long a response may take, beyond the hold. */
    static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    private final ClientSettings settings;
    private final HttpClient http;
    private final Tokens tokens;
    private final HttpCalls.Persistence persistence;

    Requests(ClientSettings settings) {
        this(
                settings,
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER) // credentials are for this server only
                        .connectTimeout(CONNECT_TIMEOUT)
                        .build(),
                new Tokens(settings.token()),
                new HttpCalls.Persistence(settings.patience(), false, failure -> {}));
    }

    private Requests(ClientSettings settings, HttpClient http, Tokens tokens, HttpCalls.Persistence persistence) {
        this.settings = settings;
        this.http = http;
        this.tokens = tokens;
        this.persistence = persistence;
    }

    /** The same, but failures are retried for ever, also 401 and 403, and reported. */
    Requests persistent(Consumer<JobClientException> listener) {
        return new Requests(settings, http, tokens, new HttpCalls.Persistence(FOR_EVER, true, listener));
    }

    /** A request without its token, of which the server may hold the response. */
    HttpRequest.Builder to(URI uri, Duration wait) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(wait.plus(RESPONSE_TIMEOUT))
                .header("api-key", settings.apiKey())
                .header("Accept", "application/json");
        return wait.toSeconds() > 0 ? request.header("Prefer", "wait=" + wait.toSeconds()) : request;
    }

    /** The same without a held response, as a part of a trace. */
    HttpRequest.Builder traced(URI uri, JobRequest.@Nullable Trace trace) {
        HttpRequest.Builder request = to(uri, Duration.ZERO);
        if (trace != null) {
            request.header("traceparent", trace.traceparent());
            if (trace.tracestate() != null) {
                request.header("tracestate", trace.tracestate());
            }
        }
        return request;
    }

    /** The same for a read of a status, which asks for the extras of the settings. */
    HttpRequest.Builder toStatus(URI uri, Duration wait) {
        HttpRequest.Builder request = to(uri, wait);
        return settings.extras().isEmpty()
                ? request
                : request.header("Prefer", "include=\"" + String.join(",", settings.extras()) + "\"");
    }

    /**
     * A read of the status of a job, which the server may hold.
     *
     * @param tag of the state that is known; null for none
     */
    HttpRequest.Builder status(UUID id, @Nullable String tag, Duration wait) {
        HttpRequest.Builder request = toStatus(settings.statusOf(id.toString()), wait);
        if (tag != null) {
            request.header("If-None-Match", tag);
        }
        return request.GET();
    }

    /** The entity tag of a response; null if there is none that can be sent back. */
    static @Nullable String tagOf(HttpResponse<?> response) {
        return response.headers()
                .firstValue("ETag")
                .filter(text -> ENTITY_TAG.matcher(text).matches())
                .orElse(null);
    }

    /** Sends a request with a body; the response may have a MiB for each of so many jobs. */
    CompletableFuture<HttpResponse<String>> send(
            String method, String json, HttpRequest.Builder request, String token, int jobs) {
        request.setHeader("Content-Type", "application/json").method(method, BodyPublishers.ofString(json));
        return send(request, token, jobs);
    }

    CompletableFuture<HttpResponse<String>> send(HttpRequest.Builder request, String token, int jobs) {
        HttpRequest complete =
                request.setHeader("Authorization", "Bearer " + token).build();
        return http.sendAsync(complete, head -> new LimitedBody(RESPONSE_TIMEOUT, jobs));
    }

    /** Makes a call, with as many requests as it needs. */
    <T> CompletableFuture<T> call(
            Function<String, CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader) {
        return call(request, reader, HttpCalls.LONGEST_RETRY_AFTER);
    }

    /** The same, with a limit to the pause before a request is sent again. */
    <T> CompletableFuture<T> call(
            Function<String, CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader,
            Duration longestPause) {
        return new HttpCalls<>(persistence, tokens, request, reader, longestPause).begin();
    }

    /** Reads the body of a response of success. */
    static <T> T read(HttpResponse<String> response, Function<String, T> reader) {
        if (response.statusCode() / 100 != 2) {
            String requestId = response.headers().firstValue("x-request-id").orElse("");
            throw JobClientException.of(response.statusCode(), requestId, response.body());
        }
        try {
            return reader.apply(response.body());
        } catch (IllegalArgumentException e) {
            throw new HttpCalls.Unreadable(e);
        }
    }
}
