package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.ClientSlots;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Prefer;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The status method (contract section 1). Safe for use from any thread. */
public final class StatusRoutes {
    private final GetJobStatus getJobStatus;
    private final AwaitJobStatus changes;
    private final StatusEvents events;
    private final DeferredResponses deferredResponses;
    private final Duration maxWait;
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
        this.maxWait = settings.maxWait();
        this.held =
                new ClientSlots<>(settings.limits().shareOf(settings.limits().heldReads()));
    }

    /** Answers GET and HEAD: at once, when the status changes, or with a stream of events. */
    public void get(Context ctx, Access access) {
        JobKey job = new JobKey(access.owner(), HttpExchange.jobId(ctx, "asyncJobId"));
        if (ctx.method().equals(HandlerType.GET) && Representation.prefersEvents(HttpExchange.headers(ctx, "Accept"))) {
            events.stream(ctx, access.client(), job, currentStatus(job));
            return;
        }
        Optional<Duration> wait = Prefer.grantedWait(ctx, maxWait);
        if (wait.orElse(Duration.ZERO).isZero()) {
            answer(ctx, currentStatus(job));
        } else if (held.tryTake(access.client())) {
            AwaitJobStatus.Waiting waiting = held.untilDone(
                    access.client(),
                    () -> changes.awaitStatus(job, endsWait(ctx), wait.get()),
                    AwaitJobStatus.Waiting::answer);
            deferredResponses.defer(ctx, waiting.answer(), waiting.answerNow(), found -> answer(ctx, require(found)));
        } else {
            Prefer.refuseWait(ctx);
            answer(ctx, currentStatus(job));
        }
    }

    private JobSnapshot currentStatus(JobKey job) {
        return require(getJobStatus.status(job.owner(), job.id()));
    }

    private static JobSnapshot require(Optional<JobSnapshot> found) {
        return found.orElseThrow(ApiError::taskNotFound);
    }

    /** Ends the wait at a state that the client does not know, if it names one, or else at a terminal state. */
    private static Predicate<JobSnapshot> endsWait(Context ctx) {
        List<String> known = HttpExchange.headers(ctx, "If-None-Match");
        return job -> job.job().status() != JobStatus.PENDING
                || (!known.isEmpty() && !StatusAnswer.of(job).tag().isNamedBy(known));
    }

    private static void answer(Context ctx, JobSnapshot job) {
        List<String> ifNoneMatch = HttpExchange.headers(ctx, "If-None-Match");
        HttpExchange.write(ctx, StatusAnswer.of(job).toRead(Duration.ZERO, ifNoneMatch));
    }
}
