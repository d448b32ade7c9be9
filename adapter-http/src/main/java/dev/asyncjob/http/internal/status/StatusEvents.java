package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.ClientSlots;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.internal.jetty.EventStream;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.StatusExtra;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The status method as server-sent events (contract section 1): the current state, then every change; the stream ends
 * after the terminal event. A stream occupies no thread. Safe for use from any thread.
 *
 * <h2>A stream</h2>
 *
 * <p>A stream alternates between two steps: it waits for a status whose tag differs from the last one sent, and it
 * writes that status. It does not wait for the next change before the event is sent; a slow client therefore skips
 * intermediate states and receives the latest.
 *
 * <h2>End</h2>
 *
 * <p>{@link EventStream#end()} completes once: after the terminal event, after {@link #MAX_LENGTH}, when the client
 * disconnects, when reading fails, or when the server stops. That cancels the heartbeat and the wait, and closes the
 * writer.
 */
public final class StatusEvents {
    /** The interval of comments that show that the connection is alive. */
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** The longest stream; a client that reconnects must send valid credentials again. */
    private static final Duration MAX_LENGTH = Duration.ofHours(1);

    private static final String COMMENT = ":\n\n";

    private final AwaitJobStatus changes;
    private final DeferredResponses deferredResponses;
    private final ClientSlots<Owner> streams;
    private final AtomicInteger open = new AtomicInteger();

    /** All streams of one API share the limits. */
    public StatusEvents(AwaitJobStatus changes, DeferredResponses deferredResponses, HttpLimits limits) {
        this.changes = changes;
        this.deferredResponses = deferredResponses;
        this.streams = new ClientSlots<>(limits.shareOf(limits.eventStreams()));
    }

    /** Answers with a stream that begins with the status that was just read. */
    void stream(Context ctx, Owner client, JobKey job, Set<StatusExtra> extras, JobSnapshot seen) {
        Optional<EntityTag> known = lastEvent(ctx);
        ctx.header("Cache-Control", "no-store");
        if (seen.job().status() != JobStatus.PENDING
                && known.equals(Optional.of(StatusAnswer.of(seen, extras).tag()))) {
            HttpExchange.writeNoContent(ctx); // stops a browser from reconnecting (the HTML standard, section 9.2)
            return;
        }
        try (ClientSlots<Owner>.Slot slot = streams.take(client)) {
            if (slot == null) {
                ctx.attribute(HttpExchange.REASON, "too-many-event-streams");
                throw ApiError.tooManyRequests("event-streams", streams.limit(), 1, HEARTBEAT.toSeconds());
            }
            Stream stream = new Stream(ctx, job, extras, known.orElse(null));
            slot.keptUntil(stream.events.end());
            begin(stream, seen);
        }
    }

    private void begin(Stream stream, JobSnapshot seen) {
        try {
            var unused = stream.events.end().whenComplete((v, thrown) -> open.decrementAndGet());
            open.incrementAndGet();
            stream.events.open(deferredResponses, () -> stream.begin(seen), stream::cancelWait);
        } catch (Throwable e) {
            stream.events.finish();
            throw e;
        }
    }

    /** How many streams are open. */
    public int open() {
        return open.get();
    }

    private static Optional<EntityTag> lastEvent(Context ctx) {
        List<String> lines = HttpExchange.headers(ctx, "Last-Event-ID");
        return lines.size() == 1 ? Optional.of(new EntityTag(lines.get(0).strip())) : Optional.empty();
    }

    private final class Stream {
        private final JobKey job;
        private final Set<StatusExtra> extras;
        private final long until = System.nanoTime() + MAX_LENGTH.toNanos();
        private final EventStream events;
        private volatile AwaitJobStatus.@Nullable Waiting waiting;
        private @Nullable EntityTag last;

        Stream(Context ctx, JobKey job, Set<StatusExtra> extras, @Nullable EntityTag last) {
            this.job = job;
            this.extras = extras;
            this.last = last;
            this.events = new EventStream(ctx);
        }

        private void begin(JobSnapshot seen) {
            events.write(COMMENT, () -> {}); // sends the head of the response before the first event
            show(Optional.of(seen));
            scheduleHeartbeat();
        }

        private void cancelWait() {
            AwaitJobStatus.Waiting current = waiting;
            if (current != null) {
                current.answerNow().run();
            }
        }

        private EntityTag tag(JobSnapshot seen) {
            return StatusAnswer.of(seen, extras).tag();
        }

        private void show(Optional<JobSnapshot> found) {
            boolean pending = found.filter(seen -> seen.job().status() == JobStatus.PENDING)
                    .isPresent();
            Runnable next = pending ? this::awaitNext : events::finish;
            found.filter(seen -> !tag(seen).equals(last)).ifPresentOrElse(seen -> send(seen, next), next);
        }

        /** A wait that ends without a change was cancelled or took too long; the client may reconnect. */
        private void wake(Optional<JobSnapshot> found) {
            if (found.isPresent() && tag(found.get()).equals(last)) {
                events.finish();
            } else {
                show(found);
            }
        }

        private void awaitNext() {
            if (events.isOver()) {
                return;
            }
            EntityTag known = last;
            Duration left = Duration.ofNanos(until - System.nanoTime());
            AwaitJobStatus.Waiting next =
                    changes.awaitStatus(job, seen -> !tag(seen).equals(known), left);
            waiting = next;
            if (events.isOver()) {
                next.answerNow().run(); // the end may have come before the wait was stored
            }
            var unused = next.answer().whenComplete((found, thrown) -> {
                if (thrown == null) {
                    events.run(() -> wake(found));
                } else {
                    events.finish(); // the client reconnects and then receives the error
                }
            });
        }

        private void send(JobSnapshot seen, Runnable next) {
            StatusAnswer answer = StatusAnswer.of(seen, extras);
            last = answer.tag();
            String event = "event: status\nid: %s\ndata: %s\n\n"
                    .formatted(answer.tag().value(), new String(answer.body(), StandardCharsets.UTF_8));
            events.write(event, next);
        }

        private void scheduleHeartbeat() {
            events.after(HEARTBEAT, () -> {
                events.writeIfIdle(COMMENT);
                scheduleHeartbeat();
            });
        }
    }
}
