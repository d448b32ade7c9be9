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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Schedules jobs and waits for them.
 *
 * <p>Every method returns a future at once. If the server is unreachable, overloaded or failing, or its response is not
 * readable, the request is sent again after {@code Retry-After} or a growing pause, until
 * {@link ClientSettings#patience} has passed since the last readable response. A request that the server rejects fails
 * the future with {@link JobClientException}. A status that this version does not know is not an end: callers that wait
 * for a limited time use {@link CompletableFuture#orTimeout} or cancel. Cancelling a future cancels its requests. No
 * thread is blocked. A continuation of a future, or a listener, that never returns keeps its own thread only. Safe for
 * use from any thread.
 */
public final class JobClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    /** How long a response may take, beyond the hold. */
    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

    /** RFC 9110 section 8.8.3, in ASCII: what can be sent back. */
    private static final Pattern ENTITY_TAG = Pattern.compile("(W/)?\"[!#-~]*\"");

    private final ClientSettings settings;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER) // credentials are for this server only
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    /** Sends nothing yet. */
    public JobClient(ClientSettings settings) {
        this.settings = settings;
    }

    /**
     * Schedules a job. A request that is sent again, because its response was lost, schedules no second job.
     *
     * @return the accepted job
     */
    public CompletableFuture<JobState> schedule(JobRequest job) {
        HttpRequest request = request(settings.at("/jobs"), Duration.ZERO)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofString(job.json()))
                .build();
        return call(() -> send(request), response -> Optional.of(stateOf(response)));
    }

    /**
     * Reads the status of a job.
     *
     * @return empty if there is no such job for this client
     */
    public CompletableFuture<Optional<JobState>> status(UUID id) {
        HttpRequest request = status(id, null, Duration.ZERO);
        return call(() -> send(request), response -> Optional.of(found(response)));
    }

    /** Waits for the end of a job, with one request if the job ends while the server holds the response. */
    public CompletableFuture<JobState> await(UUID id) {
        return follow(id, state -> {}, false);
    }

    /**
     * Waits for the end of a job and passes every state to a listener, from the present one to the last.
     *
     * @param listener called by one thread at a time; it should return quickly, and its exceptions fail the future
     */
    public CompletableFuture<JobState> watch(UUID id, Consumer<JobState> listener) {
        return follow(id, listener, true);
    }

    private CompletableFuture<JobState> follow(UUID id, Consumer<JobState> listener, boolean everyChange) {
        StatusReads reads = new StatusReads(listener, everyChange);
        return call(() -> reads.send(id), reads::result);
    }

    /** The reads of one job until it ends. Used by one thread at a time. */
    private final class StatusReads {
        private final Consumer<JobState> listener;
        private final boolean everyChange;
        private volatile @Nullable String tag;
        private volatile @Nullable JobState last;
        private volatile long sentAt;

        /** Grows while the server responds early although it announced to hold the response. */
        private volatile Duration pause = SHORTEST_PAUSE;

        StatusReads(Consumer<JobState> listener, boolean everyChange) {
            this.listener = listener;
            this.everyChange = everyChange;
        }

        /** Sends a read; the first one does not wait if every change is to be passed on. */
        CompletableFuture<HttpResponse<String>> send(UUID id) {
            sentAt = System.nanoTime();
            boolean first = everyChange && last == null;
            HttpRequest request = status(id, everyChange ? tag : null, first ? Duration.ZERO : settings.hold());
            return JobClient.this.send(request);
        }

        /** The last state of the job; otherwise it has the read repeated. */
        Optional<JobState> result(HttpResponse<String> response) {
            if (response.statusCode() == 304) {
                throw new HttpCalls.Repeat(pauseAfter(response));
            }
            JobState state = stateOf(response);
            tag = response.headers()
                    .firstValue("ETag")
                    .filter(text -> ENTITY_TAG.matcher(text).matches())
                    .orElse(null);
            boolean changed = !state.equals(last); // not by the tag, which a proxy may weaken or remove
            last = state;
            if (changed) {
                listener.accept(state);
            }
            if (state.hasEnded()) {
                return Optional.of(state);
            }
            throw new HttpCalls.Repeat(everyChange && changed ? Duration.ZERO : pauseAfter(response));
        }

        /**
         * Zero if the server held its response, as it says if it did not; a growing pause if it does not say, or
         * responded early, as it does at shutdown.
         */
        private Duration pauseAfter(HttpResponse<String> response) {
            Duration retryAfter = HttpCalls.retryAfter(response);
            Optional<Duration> hold = response.headers()
                    .firstValue("Preference-Applied")
                    .filter(applied -> applied.matches("wait=[1-9][0-9]{0,3}"))
                    .map(applied -> Duration.ofSeconds(Long.parseLong(applied.substring(5))));
            boolean told = response.headers().firstValue("Retry-After").isPresent();
            if (hold.isEmpty() && told) {
                return retryAfter;
            }
            if (hold.isPresent() && System.nanoTime() - sentAt >= hold.get().toNanos() * 3 / 4) {
                pause = SHORTEST_PAUSE;
                return Duration.ZERO;
            }
            long jittered = pause.toMillis() * ThreadLocalRandom.current().nextInt(100, 151) / 100;
            Duration next =
                    told ? HttpCalls.shorter(retryAfter, Duration.ofMillis(jittered)) : Duration.ofMillis(jittered);
            pause = HttpCalls.shorter(pause.multipliedBy(2), HttpCalls.LONGEST_PAUSE);
            return next;
        }
    }

    private <T> CompletableFuture<T> call(
            Supplier<CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader) {
        return new HttpCalls<>(settings.patience(), request, reader).begin();
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
        return http.sendAsync(request, head -> new LimitedBody(RESPONSE_TIMEOUT));
    }

    private HttpRequest status(UUID id, @Nullable String tag, Duration wait) {
        HttpRequest.Builder request = request(settings.statusOf(id.toString()), wait);
        if (tag != null) {
            request.header("If-None-Match", tag);
        }
        if (wait.toSeconds() > 0) {
            request.header("Prefer", "wait=" + wait.toSeconds());
        }
        return request.GET().build();
    }

    private HttpRequest.Builder request(URI uri, Duration wait) {
        return HttpRequest.newBuilder(uri)
                .timeout(wait.plus(RESPONSE_TIMEOUT))
                .header("Authorization", "Bearer " + settings.token())
                .header("api-key", settings.apiKey())
                .header("Accept", "application/json");
    }

    private static Optional<JobState> found(HttpResponse<String> response) {
        return response.statusCode() == 404 ? Optional.empty() : Optional.of(stateOf(response));
    }

    /** The job in a response of success. */
    private static JobState stateOf(HttpResponse<String> response) {
        if (response.statusCode() / 100 != 2) {
            String requestId = response.headers().firstValue("x-request-id").orElse("");
            throw JobClientException.of(response.statusCode(), requestId, response.body());
        }
        try {
            return JobState.of(response.body());
        } catch (IllegalArgumentException e) {
            throw new HttpCalls.Unreadable(e);
        }
    }
}
