package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.any;
import static dev.asyncjob.http.internal.body.JsonFields.array;
import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.duration;
import static dev.asyncjob.http.internal.body.JsonFields.flag;
import static dev.asyncjob.http.internal.body.JsonFields.instant;
import static dev.asyncjob.http.internal.body.JsonFields.object;
import static dev.asyncjob.http.internal.body.JsonFields.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.FirstLease;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.status.StatusAnswer;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Scheduling, cancelling and retrying of jobs (contract section 2). Safe for use from any thread. */
public final class ProducerRoutes {
    /** An earlier {@code notBefore} is taken for a mistake, such as seconds for milliseconds. */
    static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");

    private static final String KEY = "Idempotency-Key";

    private static final ApiError.Invalid KEY_REUSED =
            new ApiError.Invalid("header", KEY, "reused", "the key was sent before with another request", List.of());

    private static final ApiError.Invalid ID_TAKEN =
            ApiError.Invalid.property("$.id", "taken", "the id is taken by a job of other content");

    private static final ApiError.Invalid NO_ENDPOINT = ApiError.Invalid.property(
            "$.callback", "unregistered", "no endpoint is registered for callbacks to this client about this kind");

    private static final ApiError.Invalid ENDED =
            new ApiError.Invalid("path_parameter", "id", "ended", "the job ended before it was called off", List.of());

    private static final ApiError.Invalid NOT_FAILED = new ApiError.Invalid(
            "path_parameter",
            "id",
            "failed",
            "only a job that has failed, and was not cancelled, is retried",
            List.of());

    private static final ApiError.Invalid NOT_KEPT = new ApiError.Invalid(
            "path_parameter",
            "id",
            "payload_kept",
            "the payload of the job is not kept, or no longer; see the setting work.failed-payload",
            List.of());

    private final JobProducer producer;
    private final Supplier<JobId> ids;
    private final boolean leases;
    private final BiPredicate<Owner, JobKind> callbacks;
    private final HttpSettings settings;

    /**
     * Routes over one producer.
     *
     * @param ids makes the ids of jobs whose producer sends none
     * @param leases whether jobs may be born leased; otherwise their property is unknown
     * @param callbacks whether a client is called when jobs of a kind end
     */
    public ProducerRoutes(
            JobProducer producer,
            Supplier<JobId> ids,
            boolean leases,
            BiPredicate<Owner, JobKind> callbacks,
            HttpSettings settings) {
        this.producer = producer;
        this.ids = ids;
        this.leases = leases;
        this.callbacks = callbacks;
        this.settings = settings;
    }

    /** Answers 202 with the status of the scheduled job. */
    public void schedule(Context ctx, Access access) throws IOException {
        JsonNode body = JsonBody.value(ctx, settings.maxBody());
        IdempotencyKey key = idempotencyKey(ctx, access.owner(), JsonBody.canonical(body));
        NewJob job = JsonFields.read(body, "$", fields -> newJob(fields, access.owner(), key, HttpExchange.trace(ctx)));
        if (!access.maySchedule(job.owner())) {
            ctx.attribute(HttpExchange.REASON, "foreign-owner");
            throw ApiError.forbidden(List.of(Scope.JOB_SCHEDULE_FOR));
        }
        if (job.lease() != null && !access.scopes().contains(Scope.JOB_WORK)) {
            throw ApiError.forbidden(List.of(Scope.JOB_WORK));
        }
        ScheduleResult result = schedule(job);
        JobSnapshot accepted = result.fold(
                first -> first,
                () -> {
                    ctx.attribute(HttpExchange.JOB, job.id());
                    throw ApiError.conflict(null, ID_TAKEN);
                },
                () -> {
                    throw ApiError.invalid(List.of(KEY_REUSED));
                },
                refusal -> {
                    throw ApiError.overQuota(refusal);
                });
        StatusAnswer answer = StatusAnswer.of(accepted);
        writeAccepted(ctx, accepted, result.firstLease().map(answer::withLease).orElse(answer));
    }

    private void writeAccepted(Context ctx, JobSnapshot accepted, StatusAnswer answer) {
        ctx.attribute(HttpExchange.JOB, accepted.job().id());
        ctx.header("Location", settings.statusPathOf(accepted.job().id()));
        HttpExchange.write(ctx, answer.toChange(202));
    }

    /** A repetition is answered like the first time, even if the endpoint is gone since. */
    private ScheduleResult schedule(NewJob job) {
        return !job.callback() || callbacks.test(job.client(), job.kind())
                ? producer.schedule(job)
                : producer.repeated(job).orElseThrow(() -> ApiError.invalid(List.of(NO_ENDPOINT)));
    }

    /** Answers 202 with the status of the new job in the place of one that failed; a body has nothing to say. */
    public void retry(Context ctx, Access access) throws IOException {
        JobId of = HttpExchange.jobId(ctx, "id");
        JsonNode body = JsonBody.objectIfAny(ctx, settings.maxBody()).orElseGet(JsonNodeFactory.instance::objectNode);
        IdempotencyKey key = idempotencyKey(ctx, access.owner(), "retry " + of);
        Retry retry =
                JsonFields.read(body, "$", fields -> () -> new Retry(of, ids.get(), key, HttpExchange.trace(ctx)));
        JobSnapshot accepted = producer.retry(retry, OperatorRoutes.intervention(ctx, access))
                .fold(
                        job -> job,
                        old -> {
                            throw ApiError.conflict(old, NOT_FAILED);
                        },
                        old -> {
                            throw ApiError.conflict(old, NOT_KEPT);
                        },
                        () -> {
                            throw ApiError.invalid(List.of(KEY_REUSED));
                        },
                        () -> {
                            throw ApiError.taskNotFound();
                        });
        writeAccepted(ctx, accepted, StatusAnswer.of(accepted));
    }

    /** Answers with the status of the cancelled job. */
    public void cancel(Context ctx, Access access) {
        if (access.scopes().contains(Scope.JOB_ADMIN)) {
            cancel(ctx, id -> producer.cancel(id, OperatorRoutes.intervention(ctx, access)));
        } else {
            cancelOwn(ctx, access);
        }
    }

    /** Does the same for jobs of the client only, even if it is an operator. */
    public void cancelOwn(Context ctx, Access access) {
        cancel(ctx, id -> producer.cancel(access.owner(), id));
    }

    private static void cancel(Context ctx, Function<JobId, SettleResult> cancelling) {
        JobId id = HttpExchange.jobId(ctx, "id");
        JobSnapshot cancelled = cancelling
                .apply(id)
                .fold(
                        job -> job,
                        job -> {
                            throw ApiError.conflict(job, ENDED);
                        },
                        () -> {
                            throw ApiError.taskNotFound();
                        });
        HttpExchange.write(ctx, StatusAnswer.of(cancelled).toChange(200));
    }

    private static @Nullable IdempotencyKey idempotencyKey(Context ctx, Owner client, String request) {
        List<String> lines = HttpExchange.headers(ctx, KEY);
        AccessGate.requireOnce(KEY, lines);
        if (lines.isEmpty()) {
            return null;
        }
        try {
            return IdempotencyKey.of(client, lines.get(0), request);
        } catch (InvalidValueException e) {
            throw ApiError.malformed(ApiError.Invalid.of("header", KEY, e));
        }
    }

    private Supplier<NewJob> newJob(
            JsonFields fields, Owner client, @Nullable IdempotencyKey key, @Nullable TraceContext trace) {
        var kind = fields.required("kind", kind());
        var links = fields.required("links", links());
        var id = fields.optional("id", text(JobId::parse));
        var owner = fields.optional("owner", text(Owner::new));
        var payload = fields.optional("payload", JsonFields.of(any(), json -> new Payload(JsonBody.text(json))));
        JsonFields.Field<FirstLease> lease =
                leases ? fields.optional("lease", object(ProducerRoutes::lease)) : new JsonFields.Field<>(null);
        boolean leased = lease.orNull() != null;
        var notBefore = fields.optional("notBefore", JsonFields.of(instant(), at -> notBefore(at, leased)));
        var maxAttempts =
                fields.optional("maxAttempts", count(max -> Attempts.none(max).max()));
        var reference = fields.optional("reference", text(Reference::new));
        var callback = fields.optional("callback", flag());
        return () -> new NewJob(
                Optional.ofNullable(id.orNull()).orElseGet(ids),
                owner.orElse(client),
                kind.get(),
                links.get(),
                payload.orElse(Payload.NONE),
                notBefore.orElse(Instant.EPOCH),
                maxAttempts.orNull(),
                key,
                client,
                reference.orNull(),
                lease.orNull(),
                callback.orElse(false),
                trace,
                null);
    }

    /** Reads a kind that a client may name. */
    static JsonFields.Reader<JobKind> kind() {
        return text(text -> Callback.unreserved(new JobKind(text)));
    }

    /** Reads the links of a job. */
    static JsonFields.Reader<ResourceLinks> links() {
        return JsonFields.of(array(object(ProducerRoutes::link)), ResourceLinks::new);
    }

    /** Checks each part alone, so that the error names that part. */
    private static Supplier<ResourceLink> link(JsonFields fields) {
        var entity =
                fields.required("entity", text(text -> ResourceLink.to(text).entity()));
        var href = fields.optional("href", text(text -> new ResourceLink("any", text)));
        return () -> new ResourceLink(
                entity.get(),
                Optional.ofNullable(href.orNull()).map(ResourceLink::href).orElse(null));
    }

    private static Supplier<FirstLease> lease(JsonFields fields) {
        var worker = fields.required("worker", text(WorkerId::new));
        var length = fields.required("for", duration(Lease::length));
        return () -> new FirstLease(worker.get(), length.get());
    }

    private static Instant notBefore(Instant notBefore, boolean leased) {
        if (leased) {
            throw new InvalidValueException("schema", "a job that is born leased has no notBefore", List.of());
        }
        if (notBefore.isBefore(EARLIEST) || notBefore.isAfter(NewJob.LATEST)) {
            throw new InvalidValueException(
                    "range",
                    "notBefore must be " + EARLIEST + " to " + NewJob.LATEST,
                    List.of(EARLIEST.toString(), NewJob.LATEST.toString()));
        }
        return notBefore;
    }
}
