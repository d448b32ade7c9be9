package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.internal.jetty.NonBlockingWriter;
import dev.asyncjob.http.settings.HttpLimits;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * The status method as server-sent events (contract section 1): the state at once, then every change, and the end of
 * the stream behind the end of the job. A stream keeps no thread. Thread-safe.
 */
public final class StatusEvents {
    /** How often a comment shows that the connection is alive. */
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** How long a stream may last; who comes back must show good credentials again. */
    private static final Duration LONGEST = Duration.ofHours(1);

    private static final String COMMENT = ":\n\n";

    private final AwaitJobStatus news;
    private final DeferredResponses held;
    private final int streamsPerClient;
    private final Map<Owner, Integer> streams = new ConcurrentHashMap<>();

    public StatusEvents(AwaitJobStatus news, DeferredResponses held, HttpLimits limits) {
        this.news = news;
        this.held = held;
        this.streamsPerClient = limits.eventStreams();
    }

    /** Answers with a stream that begins with the job as it was just seen. */
    void stream(Context ctx, Owner client, JobKey job, JobSnapshot seen) {
        Optional<EntityTag> known = lastEvent(ctx);
        ctx.header("Cache-Control", "no-store");
        if (seen.job().status() != JobStatus.PENDING && known.equals(Optional.of(tag(seen)))) {
            ctx.status(204); // makes a browser, which knows the end, ask no more (the HTML standard, section 9.2)
            ctx.res().setContentType(null);
            return;
        }
        take(client);
        ctx.disableCompression();
        ctx.contentType(Representation.EVENTS);
        ctx.header("X-Accel-Buffering", "no"); // what nginx would gather, the client would get late
        Stream stream = new Stream(ctx, job, known.orElse(null));
        var unused = stream.end.whenComplete((v, thrown) -> giveBack(client));
        held.keepOpen(ctx, stream.end, stream::finish, end -> stream.begin(end, seen));
    }

    private static Optional<EntityTag> lastEvent(Context ctx) {
        List<String> lines = HttpExchange.headers(ctx, "Last-Event-ID");
        return lines.size() == 1 ? Optional.of(new EntityTag(lines.get(0).strip())) : Optional.empty();
    }

    private static EntityTag tag(JobSnapshot job) {
        return StatusAnswer.of(job).tag();
    }

    private void take(Owner client) {
        int taken = streams.merge(client, 1, Integer::sum);
        if (taken > streamsPerClient) {
            giveBack(client);
            throw ApiError.tooManyRequests("event-streams", streamsPerClient, 1, HEARTBEAT.toSeconds());
        }
    }

    private void giveBack(Owner client) {
        streams.computeIfPresent(client, (who, count) -> count == 1 ? null : count - 1);
    }

    /**
     * One client's stream. While something is on its way to the client no news is waited for: who reads slowly is told
     * the latest.
     */
    private final class Stream {
        private final JobKey job;
        private final long until = System.nanoTime() + LONGEST.toNanos();
        private final Scheduler scheduler;
        private final Executor threads;
        private final NonBlockingWriter out;
        private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
        private volatile AwaitJobStatus.@Nullable Waiting waiting;
        private volatile Scheduler.Task heartbeat = () -> false;
        private @Nullable EntityTag last;

        Stream(Context ctx, JobKey job, @Nullable EntityTag last) {
            this.job = job;
            this.last = last;
            this.scheduler = ServletContextRequest.getServletContextRequest(ctx.req())
                    .getComponents()
                    .getScheduler();
            this.threads = DeferredResponses.threadsFor(ctx);
            this.out = NonBlockingWriter.of(ctx, this::finish);
        }

        CompletableFuture<?> begin(CompletableFuture<?> heard, JobSnapshot seen) {
            CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
            out.begin();
            var unused = heard.whenComplete((v, thrown) -> {
                heartbeat.cancel();
                leave();
                threads.execute(() -> {
                    out.close();
                    closed.complete(null);
                });
            });
            threads.execute(() -> {
                out.write(COMMENT, () -> {}); // the head of the answer must not wait for the first event
                show(Optional.of(seen));
            });
            beatLater();
            return closed;
        }

        /** Ends the stream, from any thread and at any time. */
        void finish() {
            end.complete(null);
        }

        private void leave() {
            AwaitJobStatus.Waiting left = waiting;
            if (left != null) {
                left.answerNow().run();
            }
        }

        private void show(Optional<JobSnapshot> found) {
            boolean goesOn = found.filter(seen -> seen.job().status() == JobStatus.PENDING)
                    .isPresent();
            Runnable next = goesOn ? this::awaitNext : this::finish;
            found.filter(seen -> !tag(seen).equals(last)).ifPresentOrElse(seen -> tell(seen, next), next);
        }

        /** Who is woken without news may wait no longer, or has waited long enough; the client may come back. */
        private void wake(Optional<JobSnapshot> found) {
            if (found.isPresent() && tag(found.get()).equals(last)) {
                finish();
            } else {
                show(found);
            }
        }

        private void awaitNext() {
            if (end.isDone()) {
                return;
            }
            EntityTag known = last;
            Duration left = Duration.ofNanos(until - System.nanoTime());
            AwaitJobStatus.Waiting next =
                    news.awaitStatus(job, seen -> !tag(seen).equals(known), left);
            waiting = next;
            if (end.isDone()) {
                next.answerNow().run(); // whoever ended it may have looked before
            }
            var unused = next.answer().whenComplete((found, thrown) -> {
                if (thrown == null) {
                    threads.execute(() -> wake(found));
                } else {
                    finish(); // the client comes back, and is told then
                }
            });
        }

        private void tell(JobSnapshot seen, Runnable next) {
            StatusAnswer answer = StatusAnswer.of(seen);
            last = answer.tag();
            String event = "event: status\nid: %s\ndata: %s\n\n"
                    .formatted(answer.tag().value(), new String(answer.body(), StandardCharsets.UTF_8));
            out.write(event, next);
        }

        private void beatLater() {
            heartbeat = scheduler.schedule(
                    () -> threads.execute(() -> {
                        if (!end.isDone()) {
                            out.writeIfIdle(COMMENT);
                            beatLater();
                        }
                    }),
                    HEARTBEAT.toMillis(),
                    TimeUnit.MILLISECONDS);
        }
    }
}
