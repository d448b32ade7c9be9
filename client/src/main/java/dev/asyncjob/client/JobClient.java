package dev.asyncjob.client;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Schedules jobs, waits for them and works them. A {@link RemoteWorker} claims, renews and settles by itself.
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
    /** MiB in the response to a claim at most: a payload may have 16, those of many jobs have 4 in all. */
    private static final int CLAIM = 24;

    private final ClientSettings settings;
    private final Requests requests;

    /** Sends nothing yet. */
    public JobClient(ClientSettings settings) {
        this(settings, new Requests(settings));
    }

    private JobClient(ClientSettings settings, Requests requests) {
        this.settings = settings;
        this.requests = requests;
    }

    /** The same, but failures are retried for ever, also 401 and 403, and reported. */
    JobClient persistent(Consumer<JobClientException> listener) {
        return new JobClient(settings, requests.persistent(listener));
    }

    /**
     * Verifies that the server has signed a callback, within five minutes of now: receivers do so before they believe
     * it. It may come more than once, with the same {@link Callback#deliveryId}.
     *
     * @param secrets of the endpoint, each of {@code whsec_} and base64: one, or two while it is rolled
     * @param header finds the value of a header of the request, null for none; names are in lower case
     * @param body of the request, as it came
     * @throws CallbackException if it is not signed with one of these secrets, too old or not yet, or no callback
     * @throws IllegalArgumentException if a secret is malformed
     */
    public static Callback verifyCallback(
            Collection<String> secrets, Function<String, @Nullable String> header, byte[] body) {
        return Callback.verified(secrets, header, body, Instant.now());
    }

    /**
     * Schedules a job. A request that is sent again, because its response was lost, schedules no second job.
     * {@link JobRequest#idempotencyKey} extends this to requests of other processes.
     *
     * @return the accepted job
     */
    public CompletableFuture<JobState> schedule(JobRequest job) {
        String key = job.idempotencyKey();
        HttpRequest.Builder request = requests.traced(settings.at("/jobs"), job.trace())
                .header("Idempotency-Key", key == null ? UUID.randomUUID().toString() : key);
        return requests.call(
                token -> requests.send("POST", job.json(), request, token, 1),
                response -> Optional.of(stateOf(response)));
    }

    /** Cancels a job, which then ends FAILED with the error {@code cancelled}; a job that is cancelled stays so. */
    public CompletableFuture<JobState> cancel(UUID id) {
        HttpRequest.Builder request = requests.to(job(id, ""), Duration.ZERO).DELETE();
        return requests.call(token -> requests.send(request, token, 1), response -> Optional.of(stateOf(response)));
    }

    /**
     * Makes a new job in the place of one that failed, which stays as it is; needs {@code job:admin}. A request that is
     * sent again makes no second one. Status 409 says that the job has not failed, or that its payload is not kept.
     */
    public CompletableFuture<JobState> retry(UUID id) {
        HttpRequest.Builder request = requests.to(job(id, "/retry"), Duration.ZERO)
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .POST(BodyPublishers.noBody());
        return requests.call(token -> requests.send(request, token, 1), response -> Optional.of(stateOf(response)));
    }

    /**
     * Claims due jobs, and waits until there is one. A request that is sent again, because its response was lost, gets
     * the same jobs. Of a cancelled future some jobs may be claimed nevertheless, until their leases end.
     *
     * @param worker the name of the worker, for operators
     * @param kinds the kinds of jobs, 1 to 50
     * @param max how many jobs at most, 1 to 200
     * @param lease how long the jobs are leased, 1 s to 1 h in whole seconds
     * @return one job at least. A job whose last attempt follows a lost lease is the only one: run it alone
     */
    public CompletableFuture<List<ClaimedJob>> claim(String worker, Set<String> kinds, int max, Duration lease) {
        Map<String, @Nullable String> body = new LinkedHashMap<>();
        body.put("kinds", kinds.stream().map(Json::text).toList().toString());
        body.put("max", Integer.toString(max));
        body.put("lease", Json.text(lease.toString()));
        body.put("worker", Json.text(worker));
        body.put("claimId", Json.text(UUID.randomUUID().toString()));
        HttpRequest.Builder request = requests.to(settings.at("/jobs/claims"), settings.hold());
        HttpCalls.HoldPauses pauses = new HttpCalls.HoldPauses();
        return requests.call(
                token -> {
                    pauses.sent();
                    return requests.send("POST", Json.object(body), request, token, CLAIM);
                },
                response -> {
                    List<ClaimedJob> jobs = Requests.read(response, ClaimedJob::several);
                    if (jobs.isEmpty()) {
                        throw new HttpCalls.Repeat(pauses.after(response));
                    }
                    return Optional.of(jobs);
                });
    }

    /**
     * Renews the lease of a job and passes its progress on. Status 409 or 404 says that the lease is lost: stop
     * working. A request without response for a third of the lease is sent again, and so is one that fails, whatever
     * {@code Retry-After} says: the lease does not wait.
     *
     * @param lease how long the job is leased from now on, 1 s to 1 h in whole seconds
     * @return the same job
     */
    public CompletableFuture<ClaimedJob> renew(ClaimedJob job, Duration lease) {
        Duration third = lease.dividedBy(3);
        HttpRequest.Builder request = requests.traced(job(job.id(), "/lease"), job.trace())
                .timeout(HttpCalls.shorter(third, Requests.RESPONSE_TIMEOUT));
        ClaimedJob.Statement statement = job.unsent();
        return requests.call(
                token -> requests.send("PUT", job.renewal(lease, statement), request, token, 1),
                response -> {
                    ClaimedJob renewed = Requests.read(response, body -> job);
                    job.sent(statement);
                    return Optional.of(renewed);
                },
                third);
    }

    /**
     * Reports the outcome of an attempt; a report that is sent again changes nothing. Status 409 or 404 says that the
     * outcome does not count, since the lease is lost. A report that fails is sent again after 10 s at most, whatever
     * {@code Retry-After} says: clients wait for it.
     *
     * @return the job, which is pending if it will be tried again
     */
    public CompletableFuture<JobState> settle(ClaimedJob job, Outcome outcome) {
        HttpRequest.Builder request = requests.traced(job(job.id(), "/" + outcome.route()), job.trace());
        return requests.call(
                token -> requests.send("POST", outcome.json(job.token()), request, token, 1),
                response -> Optional.of(stateOf(response)),
                HttpCalls.LONGEST_PAUSE);
    }

    /**
     * Reads the status of a job.
     *
     * @return empty if there is no such job for this client
     */
    public CompletableFuture<Optional<JobState>> status(UUID id) {
        HttpRequest.Builder request = requests.status(id, null, Duration.ZERO);
        return requests.call(token -> requests.send(request, token, 1), response -> Optional.of(found(response)));
    }

    /**
     * Asks why a job is as it is; needs {@code job:list}, {@code job:schedule}, {@code job:read-all} or
     * {@code job:admin}.
     *
     * @param language the language of the sentence, as a tag such as {@code uk}
     * @return empty if there is no such job for this client
     */
    public CompletableFuture<Optional<JobExplanation>> explain(UUID id, String language) {
        HttpRequest.Builder request =
                requests.to(job(id, "/explain"), Duration.ZERO).header("Accept-Language", language);
        return requests.call(
                token -> requests.send(request, token, 1),
                response -> Optional.of(
                        response.statusCode() == 404
                                ? Optional.empty()
                                : Optional.of(Requests.read(response, JobExplanation::of))));
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
        HttpRequest.Builder request = requests.toStatus(settings.statuses(), wait);
        return requests.call(
                token -> requests.send("POST", reads.next(), request, token, ManyReads.MAX_IDS),
                response -> reads.result(response, Requests.read(response, reads::answers)));
    }

    private CompletableFuture<JobState> follow(UUID id, Consumer<JobState> listener, boolean everyChange) {
        StatusReads reads = new StatusReads(listener, everyChange);
        return requests.call(token -> reads.send(id, token), reads::result);
    }

    /** The reads of one job until it ends. Used by one thread at a time. */
    private final class StatusReads {
        private final Consumer<JobState> listener;
        private final boolean everyChange;
        private volatile @Nullable String tag;
        private volatile @Nullable JobState last;
        private final HttpCalls.HoldPauses pauses = new HttpCalls.HoldPauses();

        StatusReads(Consumer<JobState> listener, boolean everyChange) {
            this.listener = listener;
            this.everyChange = everyChange;
        }

        /** Sends a read; the first one does not wait if every change is to be passed on. */
        CompletableFuture<HttpResponse<String>> send(UUID id, String token) {
            pauses.sent();
            boolean first = everyChange && last == null;
            Duration wait = first ? Duration.ZERO : settings.hold();
            HttpRequest.Builder request = requests.status(id, everyChange ? tag : null, wait);
            return requests.send(request, token, 1);
        }

        /** The last state of the job; otherwise it has the read repeated. */
        Optional<JobState> result(HttpResponse<String> response) {
            if (response.statusCode() == 304) {
                throw new HttpCalls.Repeat(pauses.after(response));
            }
            JobState state = stateOf(response);
            tag = Requests.tagOf(response);
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

    private URI job(UUID id, String what) {
        return settings.at("/jobs/" + id + what);
    }

    private static Optional<JobState> found(HttpResponse<String> response) {
        return response.statusCode() == 404 ? Optional.empty() : Optional.of(stateOf(response));
    }

    private static JobState stateOf(HttpResponse<String> response) {
        return Requests.read(response, JobState::of);
    }
}
