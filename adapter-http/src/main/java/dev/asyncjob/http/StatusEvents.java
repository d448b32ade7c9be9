package dev.asyncjob.http;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.OwnedJob;
import dev.asyncjob.domain.Owner;
import io.javalin.http.Context;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * The status method as server-sent events (contract section 1): the state at once, then every change, and the end of
 * the stream behind the end of the job. A stream keeps no thread. Thread-safe.
 */
final class StatusEvents {
    /** How often a comment shows that the connection is alive. */
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** Longer than anybody listens; then it waits anew. */
    private static final Duration LONG = Duration.ofHours(1);

    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final AwaitJobStatus news;
    private final HeldAnswers held;
    private final int streamsPerClient;
    private final Map<Owner, Integer> streams = new ConcurrentHashMap<>();

    StatusEvents(AwaitJobStatus news, HeldAnswers held, HttpLimits limits) {
        this.news = news;
        this.held = held;
        this.streamsPerClient = limits.eventStreams();
    }

    /** Answers with a stream that begins with the job as it was just seen. */
    void stream(Context ctx, OwnedJob job, JobSnapshot seen) {
        Optional<EntityTag> known = lastEvent(ctx);
        ctx.header("Cache-Control", "no-store");
        if (seen.job().status() != JobStatus.PENDING && known.equals(Optional.of(tag(seen)))) {
            ctx.status(204); // makes a browser, which knows the end, ask no more (the HTML standard, section 9.2)
            ctx.res().setContentType(null);
            return;
        }
        take(job.owner());
        ctx.disableCompression();
        ctx.contentType(Representation.EVENTS);
        ctx.header("X-Accel-Buffering", "no"); // what nginx would gather, the client would get late
        Stream stream = new Stream(ctx, job, known.orElse(null));
        var unused = stream.end.whenComplete((v, thrown) -> giveBack(job.owner()));
        held.keepOpen(ctx, stream.end, stream::finish, (async, end) -> stream.begin(async, end, seen));
    }

    private static Optional<EntityTag> lastEvent(Context ctx) {
        List<String> lines = Exchange.headers(ctx, "Last-Event-ID");
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

    /** One client's stream; everything is written by one thread of the server at a time. */
    private final class Stream {
        private final Context ctx;
        private final OwnedJob job;
        private final Scheduler scheduler;
        private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
        private volatile AwaitJobStatus.@Nullable Waiting waiting;
        private volatile Scheduler.Task heartbeat = () -> false;
        private @Nullable EntityTag last;

        Stream(Context ctx, OwnedJob job, @Nullable EntityTag last) {
            this.ctx = ctx;
            this.job = job;
            this.last = last;
            this.scheduler = ServletContextRequest.getServletContextRequest(ctx.req())
                    .getComponents()
                    .getScheduler();
        }

        CompletableFuture<?> begin(AsyncContext async, CompletableFuture<?> heard, JobSnapshot seen) {
            CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
            var unused = heard.whenComplete((v, thrown) -> {
                heartbeat.cancel();
                leave();
                HeldAnswers.onServersThread(async, () -> close(closed));
            });
            HeldAnswers.onServersThread(async, () -> {
                write(COMMENT); // the head of the answer must not wait for the first event
                show(async, Optional.of(seen));
            });
            beatLater(async);
            return closed;
        }

        /** Not while something is being written. */
        private synchronized void close(CompletableFuture<@Nullable Void> closed) {
            closed.complete(null);
        }

        /** Ends the stream, from any thread and at any time. */
        void finish() {
            end.complete(null);
        }

        private void leave() {
            AwaitJobStatus.Waiting left = waiting;
            if (left != null) {
                left.hurry().run();
            }
        }

        private void show(AsyncContext async, Optional<JobSnapshot> found) {
            if (end.isDone()) {
                return;
            }
            found.ifPresent(this::tell);
            boolean goesOn = found.filter(seen -> seen.job().status() == JobStatus.PENDING)
                    .isPresent();
            if (goesOn && !end.isDone()) {
                awaitNext(async);
            } else {
                finish();
            }
        }

        /** Who is woken without news may wait no longer; the client may, when it comes back. */
        private void wake(AsyncContext async, Optional<JobSnapshot> found) {
            if (found.isPresent() && tag(found.get()).equals(last)) {
                finish();
            } else {
                show(async, found);
            }
        }

        private void awaitNext(AsyncContext async) {
            EntityTag known = last;
            AwaitJobStatus.Waiting next = news.of(job, seen -> !tag(seen).equals(known), LONG);
            waiting = next;
            if (end.isDone()) {
                next.hurry().run(); // whoever ended it may have looked before
            }
            var unused = next.answer().whenComplete((found, thrown) -> {
                if (thrown == null) {
                    HeldAnswers.onServersThread(async, () -> wake(async, found));
                } else {
                    finish(); // the client comes back, and is told then
                }
            });
        }

        private void tell(JobSnapshot seen) {
            StatusAnswer answer = StatusAnswer.of(seen);
            if (!answer.tag().equals(last)) {
                last = answer.tag();
                write("event: status\nid: %s\ndata: %s\n\n"
                        .formatted(last.value(), new String(answer.body(), StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8));
            }
        }

        private void beatLater(AsyncContext async) {
            heartbeat = scheduler.schedule(
                    () -> HeldAnswers.onServersThread(async, () -> {
                        if (!end.isDone()) {
                            write(COMMENT);
                            beatLater(async);
                        }
                    }),
                    HEARTBEAT.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        private synchronized void write(byte[] bytes) {
            if (end.isDone()) {
                return;
            }
            try {
                OutputStream out = ctx.res().getOutputStream();
                out.write(bytes);
                out.flush();
            } catch (IOException e) { // the client is gone
                finish();
            }
        }
    }
}
