package dev.asyncjob.http.internal.status;

import static dev.asyncjob.http.internal.body.JsonFields.array;
import static dev.asyncjob.http.internal.body.JsonFields.text;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.ClientSlots;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Prefer;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The status method, for one job or many (contract section 1). Safe for use from any thread.
 *
 * <p>A read of many jobs is held by waiting for each of the pending ones; the first wait that ends ends the others, and
 * then all jobs are read once more. {@link dev.asyncjob.application.StatusWatch} queries for all waits together. It
 * lets a limited number of them wait, so such a read takes a slot of its client for each job.
 */
public final class StatusRoutes {
    /** Ids in one request at most. */
    static final int MAX_IDS = 100;

    private final GetJobStatus getJobStatus;
    private final AwaitJobStatus changes;
    private final StatusEvents events;
    private final DeferredResponses deferredResponses;
    private final HttpSettings settings;
    private final ClientSlots<Owner> held;

    public StatusRoutes(
            GetJobStatus getJobStatus,
            AwaitJobStatus changes,
            StatusEvents events,
            DeferredResponses deferredResponses,
            HttpSettings settings) {
        this.getJobStatus = getJobStatus;
        this.changes = changes;
        this.events = events;
        this.deferredResponses = deferredResponses;
        this.settings = settings;
        this.held =
                new ClientSlots<>(settings.limits().shareOf(settings.limits().heldReads()));
    }

    /** Answers GET and HEAD: at once, when the status changes, or with a stream of events. */
    public void get(Context ctx, Access access) {
        JobKey job = new JobKey(access.owner(), HttpExchange.jobId(ctx, "asyncJobId"));
        Set<StatusExtra> extras = Prefer.include(ctx, settings.extras());
        if (ctx.method().equals(HandlerType.GET) && Representation.prefersEvents(HttpExchange.headers(ctx, "Accept"))) {
            events.stream(ctx, access.client(), job, extras, currentStatus(job));
            return;
        }
        Optional<Duration> wait = Prefer.grantedWait(ctx, settings.maxWait());
        if (wait.orElse(Duration.ZERO).isZero()) {
            answer(ctx, currentStatus(job), extras);
        } else {
            hold(
                    ctx,
                    access,
                    1,
                    () -> changes.awaitStatus(job, endsWait(ctx, extras), wait.get()),
                    found -> answer(ctx, require(found), extras),
                    () -> answer(ctx, currentStatus(job), extras));
        }
    }

    /** Answers QUERY, and POST for gateways that do not pass QUERY on: at once, or when the status of a job changes. */
    public void query(Context ctx, Access access) throws IOException {
        List<JobId> ids = JsonFields.read(JsonBody.object(ctx, settings.maxBody()), "$", fields -> {
            var listed = fields.required("ids", array(text(JobId::parse), 1, MAX_IDS));
            return listed::get;
        });
        Set<JobKey> jobs = new HashSet<>();
        ids.forEach(id -> jobs.add(new JobKey(access.owner(), id)));
        List<String> known = HttpExchange.headers(ctx, "If-None-Match");
        Set<StatusExtra> extras = Prefer.include(ctx, settings.extras());
        Duration wait = Prefer.grantedWait(ctx, settings.maxWait()).orElse(Duration.ZERO);
        Supplier<StatusesAnswer> read = () -> StatusesAnswer.of(ids, getJobStatus.statuses(jobs), extras);
        StatusesAnswer now = read.get();
        List<JobSnapshot> awaited = wait.isZero() ? List.of() : now.awaited(jobs.size(), known);
        Runnable answerNow = () -> HttpExchange.write(ctx, now.toRead(known));
        if (awaited.isEmpty()) {
            answerNow.run();
        } else {
            hold(
                    ctx,
                    access,
                    Math.min(awaited.size(), held.limit()),
                    () -> awaitAny(awaited, !known.isEmpty(), extras, wait),
                    any -> HttpExchange.write(ctx, read.get().toRead(known)),
                    answerNow);
        }
    }

    /** Answers when the wait ends, or at once if the client has too few slots left. */
    private void hold(
            Context ctx,
            Access access,
            int slots,
            Supplier<AwaitJobStatus.Waiting> begin,
            Consumer<Optional<JobSnapshot>> answer,
            Runnable answerNow) {
        try (ClientSlots<Owner>.Slot slot = held.take(access.client(), slots)) {
            if (slot == null) {
                Prefer.refuseWait(ctx);
                answerNow.run();
                return;
            }
            AwaitJobStatus.Waiting waiting = begin.get();
            slot.keptUntil(waiting.answer());
            deferredResponses.defer(ctx, waiting.answer(), waiting.answerNow(), answer);
        }
    }

    /** Waits until one of the jobs ends, or changes. */
    private AwaitJobStatus.Waiting awaitAny(
            List<JobSnapshot> jobs, boolean everyChange, Set<StatusExtra> extras, Duration wait) {
        CompletableFuture<Optional<JobSnapshot>> any = new CompletableFuture<>();
        List<AwaitJobStatus.Waiting> waits = new ArrayList<>();
        try {
            for (JobSnapshot job : jobs) {
                if (any.isDone()) {
                    break; // nothing waits when the server stops or too many wait, and each further wait is a query
                }
                JobKey key = new JobKey(job.job().owner(), job.job().id());
                AwaitJobStatus.Waiting one = changes.awaitStatus(key, endsWait(job, everyChange, extras), wait);
                waits.add(one);
                var unused = one.answer().whenComplete((found, thrown) -> {
                    if (thrown == null) {
                        any.complete(found);
                    } else {
                        any.completeExceptionally(thrown);
                    }
                });
            }
        } catch (Throwable e) { // the waits that have begun end with it
            any.completeExceptionally(e);
        }
        var unused = any.whenComplete(
                (found, thrown) -> waits.forEach(one -> one.answerNow().run()));
        return new AwaitJobStatus.Waiting(any, () -> any.complete(Optional.empty()));
    }

    private static Predicate<JobSnapshot> endsWait(JobSnapshot seen, boolean everyChange, Set<StatusExtra> extras) {
        StatusAnswer before = StatusAnswer.of(seen, extras);
        return job -> job.job().status() != JobStatus.PENDING
                || (everyChange && !StatusAnswer.of(job, extras).tag().equals(before.tag()));
    }

    private JobSnapshot currentStatus(JobKey job) {
        return require(getJobStatus.status(job.owner(), job.id()));
    }

    private static JobSnapshot require(Optional<JobSnapshot> found) {
        return found.orElseThrow(ApiError::taskNotFound);
    }

    /** Ends the wait at a state that the client does not know, if it names one, or else at a terminal state. */
    private static Predicate<JobSnapshot> endsWait(Context ctx, Set<StatusExtra> extras) {
        List<String> known = HttpExchange.headers(ctx, "If-None-Match");
        return job -> job.job().status() != JobStatus.PENDING
                || (!known.isEmpty() && !StatusAnswer.of(job, extras).tag().isNamedBy(known));
    }

    private static void answer(Context ctx, JobSnapshot job, Set<StatusExtra> extras) {
        List<String> ifNoneMatch = HttpExchange.headers(ctx, "If-None-Match");
        HttpExchange.write(ctx, StatusAnswer.of(job, extras).toRead(Duration.ZERO, ifNoneMatch));
    }
}
