package dev.asyncjob.client;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Claims due jobs over HTTP, runs their handlers, keeps their leases alive and settles them.
 *
 * <p>It claims no more jobs than it can begin at once. A handler that throws fails its own attempt and nothing else.
 * One whose lease is lost, or that takes longer than {@link RemoteWorkerSettings#handlerTimeout}, is interrupted; if it
 * does not end, another job takes its place, up to twice the parallelism in all. A job that comes alone after an
 * earlier attempt may have ended its worker: it begins when nothing else is in hand, and nothing is claimed until it
 * has ended.
 *
 * <p>While the server is unreachable or overloaded, or refuses the credentials, every request is sent again after
 * {@code Retry-After} or a growing pause, for as long as it takes; the log has a warning each minute at most. Handlers
 * run in daemon threads, so a program must not end while it is to work. Safe for use from any thread.
 */
public final class RemoteWorker implements AutoCloseable {
    private static final int MAX_CLAIM = 200;
    private static final Duration LAST_GRACE = Duration.ofSeconds(2);
    private static final Duration TICK = Duration.ofSeconds(5);
    private static final long WARN_EVERY = Duration.ofMinutes(1).toNanos();

    private final JobClient client;
    private final Map<String, RemoteHandler> handlers;
    private final RemoteWorkerSettings settings;
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** Those whose outcome is not known, or whose handler runs. Guarded by this, like the fields that follow. */
    private final Set<RemoteAttempt> attempts = new LinkedHashSet<>();

    /** The one that runs alone. */
    private @Nullable RemoteAttempt alone;

    /** The claim in progress, or the pause before the next. */
    private @Nullable CompletableFuture<List<ClaimedJob>> claim;

    private boolean started;
    private boolean stopping;

    /**
     * A worker that has not started.
     *
     * @param handlers what it can do: 1 to 50 kinds
     */
    public RemoteWorker(JobClient client, Map<String, RemoteHandler> handlers, RemoteWorkerSettings settings) {
        ClientSettings.require(!handlers.isEmpty() && handlers.size() <= 50, "there must be handlers of 1 to 50 kinds");
        this.client = client.persistent(this::failed);
        this.handlers = Map.copyOf(handlers);
        this.settings = settings;
    }

    /** Begins to work; calling it again, or after {@link #close()}, does nothing. */
    public synchronized void start() {
        if (!started) {
            started = true;
            tick();
        }
    }

    /** Once more, in case something went wrong for want of memory or threads. */
    private void tick() {
        if (!ended.isDone()) {
            var unused = ClientThreads.later(TICK, this::tick);
            advance();
        }
    }

    /**
     * Stops claiming and waits up to {@link RemoteWorkerSettings#stopTimeout} for handlers to end and for their
     * outcomes to be settled; then it interrupts them, has their jobs tried again and waits two seconds more. What a
     * handler returns after that is ignored. Called by one of its handlers, or by an interrupted thread, it does not
     * wait. Jobs that the server gave out at the last moment are free when their leases end.
     */
    @Override
    public void close() {
        Duration limit = settings.stopTimeout().plus(LAST_GRACE);
        synchronized (this) {
            if (!stopping) {
                stopping = true;
                Future<?> giveUp = ClientThreads.later(settings.stopTimeout(), this::giveUpAll);
                Future<?> end = ClientThreads.later(limit, this::end);
                var unused = ended.thenRun(() -> giveUp.cancel(false)).thenRun(() -> end.cancel(false));
                if (claim != null) {
                    claim.cancel(true);
                }
                advance();
            }
            if (attempts.stream().anyMatch(RemoteAttempt::isCaller)) {
                return;
            }
        }
        try {
            ended.get(limit.plus(LAST_GRACE).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            RemoteLease.warn("worker {0} did not stop in time", settings.name());
        }
    }

    private void giveUpAll() {
        inHand().forEach(attempt -> attempt.giveUp("the worker stopped"));
    }

    private void end() {
        inHand().forEach(RemoteAttempt::abandon);
        ended.complete(null);
    }

    private synchronized List<RemoteAttempt> inHand() {
        return attempts.stream().filter(attempt -> !attempt.isOver()).toList();
    }

    /** Begins the job that waits to be alone, and claims more, as far as there is room. */
    private synchronized void advance() {
        attempts.removeIf(RemoteAttempt::hasEnded);
        if (alone != null && alone.isOver()) {
            alone = null;
        }
        long stuck = attempts.stream().filter(RemoteAttempt::isStuck).count();
        long busy = attempts.size() - stuck;
        if (alone != null && busy == 1) {
            alone.begin();
        }
        if (stopping && claim == null && inHand().isEmpty()) {
            ended.complete(null);
        }
        long free = settings.parallelism() - busy - Math.max(0, stuck - settings.parallelism());
        if (started && !stopping && claim == null && alone == null && free > 0) {
            claim((int) Math.min(free, MAX_CLAIM));
        }
    }

    private void claim(int max) {
        int before = failures.get();
        CompletableFuture<List<ClaimedJob>> next =
                client.claim(settings.name(), handlers.keySet(), max, settings.lease());
        claim = next;
        var unused = next.whenComplete((jobs, thrown) -> claimed(jobs, thrown, failures.get() != before));
    }

    /** @param late whether a request failed meanwhile, so that the leases may be older than the response */
    private synchronized void claimed(@Nullable List<ClaimedJob> jobs, @Nullable Throwable thrown, boolean late) {
        claim = null;
        if (jobs != null) {
            List<RemoteAttempt> fresh = jobs.stream().map(this::attempt).toList();
            attempts.addAll(fresh);
            fresh.forEach(attempt -> attempt.keep(late));
            if (jobs.size() == 1 && jobs.get(0).attempt() > 1) {
                alone = fresh.get(0);
            } else {
                fresh.forEach(RemoteAttempt::begin);
            }
        } else if (!stopping) {
            RemoteLease.warn("worker {0} cannot claim jobs: {1}", settings.name(), String.valueOf(thrown));
            CompletableFuture<List<ClaimedJob>> pause = new CompletableFuture<>();
            claim = pause;
            long millis = ThreadLocalRandom.current().nextLong(5_000, 15_000);
            var unusedPause = ClientThreads.later(Duration.ofMillis(millis), () -> pause.complete(List.of()));
            var unused = pause.whenComplete((none, cancelled) -> claimed(none, cancelled, false));
        }
        advance();
    }

    private RemoteAttempt attempt(ClaimedJob job) {
        RemoteHandler handler = handlers.getOrDefault(job.kind(), other -> {
            throw new IllegalStateException("the server gave out a job of a kind that was not claimed");
        });
        return new RemoteAttempt(job, handler, client, settings, this::advance);
    }

    private void failed(JobClientException failure) {
        failures.incrementAndGet();
        long now = System.nanoTime();
        long due = nextWarning.get();
        if (now - due >= 0 && nextWarning.compareAndSet(due, now + WARN_EVERY)) {
            RemoteLease.warn("worker {0} goes on trying: {1}", settings.name(), String.valueOf(failure.getMessage()));
        }
    }
}
