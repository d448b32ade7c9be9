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
import org.jspecify.annotations.Nullable;

/**
 * Schedules jobs and waits for them.
 *
 * <p>Every method answers at once with a future. A service that cannot be reached, is overloaded or fails is asked
 * again, at the pace that it asks for or slower and slower, up to {@link ClientSettings#patience} after the last good
 * answer; what it refuses fails the future with {@link JobClientException}. Cancelling a future ends its requests. No
 * thread waits. Safe for use from any thread.
 */
public final class JobClient {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    /** How long an answer may take beyond the time for which it is held. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private static final Duration SHORTEST_REST = Duration.ofSeconds(1);

    private final ClientSettings settings;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER) // credentials go where they were meant to
            .connectTimeout(CONNECT)
            .build();

    /** A client that has not asked anything yet. */
    public JobClient(ClientSettings settings) {
        this.settings = settings;
    }

    /**
     * Hands in a job; that the answer was lost and the request is sent again makes no second one.
     *
     * @return the accepted job
     */
    public CompletableFuture<JobState> schedule(JobRequest job) {
        HttpRequest request = request(settings.at("/jobs"), Duration.ZERO)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.ofString(job.json()))
                .build();
        return new HttpCalls<>(settings.patience(), () -> send(request), answer -> Optional.of(stateOf(answer, 202)))
                .begin();
    }

    /**
     * Asks once how a job goes.
     *
     * @return empty if there is no such job for this client
     */
    public CompletableFuture<Optional<JobState>> status(UUID id) {
        HttpRequest request = status(id, null, Duration.ZERO);
        return new HttpCalls<>(
                        settings.patience(),
                        () -> send(request),
                        answer -> Optional.of(
                                answer.statusCode() == 404
                                        ? Optional.<JobState>empty()
                                        : Optional.of(stateOf(answer, 200))))
                .begin();
    }

    /** Waits for the end of a job: one request, as long as the service holds its answer and the job is quick enough. */
    public CompletableFuture<JobState> await(UUID id) {
        return follow(id, state -> {}, false);
    }

    /**
     * Waits for the end of a job and tells of every state on the way, the first and the last included.
     *
     * @param listener called by one thread at a time, which it may keep for a little; what it throws fails the future
     */
    public CompletableFuture<JobState> watch(UUID id, Consumer<JobState> listener) {
        return follow(id, listener, true);
    }

    private CompletableFuture<JobState> follow(UUID id, Consumer<JobState> listener, boolean everyChange) {
        Following following = new Following(listener, everyChange);
        return new HttpCalls<>(settings.patience(), () -> following.ask(id), following::hear).begin();
    }

    /** What is known of one job while it is waited for; used by one thread at a time. */
    private final class Following {
        private final Consumer<JobState> listener;
        private final boolean everyChange;
        private volatile @Nullable String tag;
        private volatile long askedAt;

        /** Grows while the service says that it holds its answers, and does not. */
        private volatile Duration rest = SHORTEST_REST;

        Following(Consumer<JobState> listener, boolean everyChange) {
            this.listener = listener;
            this.everyChange = everyChange;
        }

        /** Who wants to know every change asks for the first state without waiting. */
        CompletableFuture<HttpResponse<String>> ask(UUID id) {
            askedAt = System.nanoTime();
            boolean first = everyChange && tag == null;
            HttpRequest request = status(id, everyChange ? tag : null, first ? Duration.ZERO : settings.hold());
            return send(request);
        }

        /** The end of the job, or nothing yet. */
        Optional<JobState> hear(HttpResponse<String> answer) {
            if (answer.statusCode() == 304) {
                throw HttpCalls.again(restAfter(answer));
            }
            JobState state = stateOf(answer, 200);
            String known = tag;
            tag = answer.headers().firstValue("ETag").orElse(null);
            boolean changed = known == null || !known.equals(tag);
            if (changed) {
                listener.accept(state);
            }
            if (state.hasEnded()) {
                return Optional.of(state);
            }
            throw HttpCalls.again(everyChange && changed ? Duration.ZERO : restAfter(answer));
        }

        /** None if the service held its answer; when it lets go early, as it does when it stops, a short one. */
        private Duration restAfter(HttpResponse<String> answer) {
            Duration asked = HttpCalls.retryAfter(answer);
            Optional<Duration> hold = hold(answer);
            if (hold.isEmpty()) {
                return asked;
            }
            if (System.nanoTime() - askedAt >= hold.get().toNanos() * 3 / 4) {
                rest = SHORTEST_REST;
                return Duration.ZERO;
            }
            Duration next = HttpCalls.shorter(
                    asked,
                    rest.multipliedBy(ThreadLocalRandom.current().nextInt(100, 151))
                            .dividedBy(100));
            rest = HttpCalls.shorter(rest.multipliedBy(2), HttpCalls.LONGEST_REST);
            return next;
        }

        /** How long the service says that it would hold its answer. */
        private static Optional<Duration> hold(HttpResponse<String> answer) {
            return answer.headers()
                    .firstValue("Preference-Applied")
                    .filter(applied -> applied.matches("wait=[1-9][0-9]{0,3}"))
                    .map(applied -> Duration.ofSeconds(Long.parseLong(applied.substring(5))));
        }
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
        return http.sendAsync(request, head -> new LimitedBody(head, ANSWER));
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
                .timeout(wait.plus(ANSWER))
                .header("Authorization", "Bearer " + settings.token())
                .header("api-key", settings.apiKey())
                .header("Accept", "application/json");
    }

    /** The job that the answer tells of, if it is the one that was hoped for. */
    private static JobState stateOf(HttpResponse<String> answer, int hopedFor) {
        if (answer.statusCode() != hopedFor) {
            String requestId = answer.headers().firstValue("x-request-id").orElse("");
            throw JobClientException.of(answer.statusCode(), requestId, answer.body());
        }
        try {
            return JobState.of(answer.body());
        } catch (IllegalArgumentException e) {
            throw new JobClientException(answer.statusCode(), "", "the answer cannot be read: " + e.getMessage());
        }
    }
}
