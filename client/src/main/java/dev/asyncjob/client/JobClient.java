package dev.asyncjob.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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
        return call(() -> send(request, 1), response -> Optional.of(stateOf(response)));
    }

    /**
     * Reads the status of a job.
     *
     * @return empty if there is no such job for this client
     */
    public CompletableFuture<Optional<JobState>> status(UUID id) {
        HttpRequest request = status(id, null, Duration.ZERO);
        return call(() -> send(request, 1), response -> Optional.of(found(response)));
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

    /** Reads the status of many jobs, a hundred in each request: of those that exist, in the order of the ids. */
    public CompletableFuture<Map<UUID, JobState>> statuses(Collection<UUID> ids) {
        return many(ids, false);
    }

    /**
     * Waits until all of many jobs have ended, with one open request at a time, for a hundred of them at most. The
     * server responds when one of these has ended; the next request leaves it out, and the next job takes its place.
     * The result has the last states of the jobs that exist, in the order of the ids.
     */
    public CompletableFuture<Map<UUID, JobState>> awaitAll(Collection<UUID> ids) {
        return many(ids, true);
    }

    private CompletableFuture<Map<UUID, JobState>> many(Collection<UUID> ids, boolean untilEnd) {
        if (ids.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        ManyReads reads = new ManyReads(ids, untilEnd);
        Duration wait = untilEnd ? settings.hold() : Duration.ZERO;
        HttpRequest.Builder request = request(settings.statuses(), wait).header("Content-Type", "application/json");
        return call(
                () -> send(request.POST(BodyPublishers.ofString(reads.next())).build(), ManyReads.MAX_IDS),
                response -> reads.result(response, read(response, reads::answers)));
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
        private final HoldPauses pauses = new HoldPauses();

        StatusReads(Consumer<JobState> listener, boolean everyChange) {
            this.listener = listener;
            this.everyChange = everyChange;
        }

        /** Sends a read; the first one does not wait if every change is to be passed on. */
        CompletableFuture<HttpResponse<String>> send(UUID id) {
            pauses.sent();
            boolean first = everyChange && last == null;
            HttpRequest request = status(id, everyChange ? tag : null, first ? Duration.ZERO : settings.hold());
            return JobClient.this.send(request, 1);
        }

        /** The last state of the job; otherwise it has the read repeated. */
        Optional<JobState> result(HttpResponse<String> response) {
            if (response.statusCode() == 304) {
                throw new HttpCalls.Repeat(pauses.after(response));
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
            throw new HttpCalls.Repeat(everyChange && changed ? Duration.ZERO : pauses.after(response));
        }
    }

    private <T> CompletableFuture<T> call(
            Supplier<CompletableFuture<HttpResponse<String>>> request,
            Function<HttpResponse<String>, Optional<T>> reader) {
        return new HttpCalls<>(settings.patience(), request, reader).begin();
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest request, int jobs) {
        return http.sendAsync(request, head -> new LimitedBody(RESPONSE_TIMEOUT, jobs));
    }

    private HttpRequest status(UUID id, @Nullable String tag, Duration wait) {
        HttpRequest.Builder request = request(settings.statusOf(id.toString()), wait);
        if (tag != null) {
            request.header("If-None-Match", tag);
        }
        return request.GET().build();
    }

    private HttpRequest.Builder request(URI uri, Duration wait) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(wait.plus(RESPONSE_TIMEOUT))
                .header("Authorization", "Bearer " + settings.token())
                .header("api-key", settings.apiKey())
                .header("Accept", "application/json");
        return wait.toSeconds() > 0 ? request.header("Prefer", "wait=" + wait.toSeconds()) : request;
    }

    private static Optional<JobState> found(HttpResponse<String> response) {
        return response.statusCode() == 404 ? Optional.empty() : Optional.of(stateOf(response));
    }

    private static JobState stateOf(HttpResponse<String> response) {
        return read(response, JobState::of);
    }

    /** Reads the body of a response of success. */
    private static <T> T read(HttpResponse<String> response, Function<String, T> reader) {
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
