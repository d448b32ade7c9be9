package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.any;
import static dev.asyncjob.http.internal.body.JsonFields.array;
import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.instant;
import static dev.asyncjob.http.internal.body.JsonFields.object;
import static dev.asyncjob.http.internal.body.JsonFields.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.status.StatusRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Handing in work and calling it off (contract section 2). */
public final class ProducerRoutes {
    /** An earlier beginning than this is a mistake, such as seconds taken for milliseconds. */
    static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");

    private static final String KEY = "Idempotency-Key";

    private static final ApiError.Invalid KEY_REUSED =
            new ApiError.Invalid("header", KEY, "reused", "the key was sent before with another request", List.of());

    private static final ApiError.Invalid ID_TAKEN =
            JsonBody.property("$.id", "taken", "the id is taken by a job of other content");

    private static final ApiError.Invalid ENDED =
            new ApiError.Invalid("path_parameter", "id", "ended", "the job ended before it was called off", List.of());

    private final JobProducer producer;
    private final Supplier<JobId> ids;
    private final HttpSettings settings;

    public ProducerRoutes(JobProducer producer, Supplier<JobId> ids, HttpSettings settings) {
        this.producer = producer;
        this.ids = ids;
        this.settings = settings;
    }

    public void schedule(Context ctx, Access access) throws IOException {
        JsonNode body = JsonBody.value(ctx, settings.maxBody());
        IdempotencyKey key = idempotencyKey(ctx, access.owner(), body);
        NewJob job = JsonFields.body(body, fields -> newJob(fields, access.owner(), key));
        JobSnapshot accepted = producer.schedule(job)
                .fold(
                        first -> first,
                        () -> {
                            throw ApiError.conflict(ID_TAKEN);
                        },
                        () -> {
                            throw ApiError.invalid(List.of(KEY_REUSED));
                        });
        ctx.status(202);
        ctx.header("Location", settings.statusPathOf(accepted.job().id()));
        StatusRoutes.answerChange(ctx, accepted);
    }

    public void cancel(Context ctx, Access access) {
        JobId id = HttpExchange.jobId(ctx, "id");
        JobSnapshot cancelled = producer.cancel(ownerWhoseJobItMustBe(access), id)
                .fold(
                        job -> job,
                        job -> {
                            throw ApiError.conflict(job, ENDED);
                        },
                        () -> {
                            throw ApiError.taskNotFound();
                        });
        StatusRoutes.answerChange(ctx, cancelled);
    }

    /** Null for operators, who may call off anybody's job. */
    private static @Nullable Owner ownerWhoseJobItMustBe(Access access) {
        return access.scopes().contains(Scope.JOB_ADMIN) ? null : access.owner();
    }

    private static @Nullable IdempotencyKey idempotencyKey(Context ctx, Owner asker, JsonNode body) {
        List<String> lines = HttpExchange.headers(ctx, KEY);
        AccessGate.requireOnce(KEY, lines);
        if (lines.isEmpty()) {
            return null;
        }
        try {
            return IdempotencyKey.of(asker, lines.get(0), JsonBody.canonical(body));
        } catch (InvalidValueException e) {
            throw ApiError.malformed(ApiError.Invalid.of("header", KEY, e));
        }
    }

    private Supplier<NewJob> newJob(JsonFields fields, Owner asker, @Nullable IdempotencyKey key) {
        var kind = fields.required("kind", text(JobKind::new));
        var links = fields.required("links", links());
        var id = fields.optional("id", text(JobId::parse));
        var owner = fields.optional("owner", text(Owner::new));
        var payload = fields.optional("payload", JsonFields.of(any(), json -> new Payload(JsonBody.text(json))));
        var notBefore = fields.optional("notBefore", JsonFields.of(instant(), ProducerRoutes::beginning));
        var maxAttempts =
                fields.optional("maxAttempts", count(max -> Attempts.none(max).max()));
        return () -> new NewJob(
                Optional.ofNullable(id.orNull()).orElseGet(ids),
                owner.orElse(asker),
                kind.get(),
                links.get(),
                payload.orElse(Payload.NONE),
                notBefore.orElse(Instant.EPOCH),
                maxAttempts.orNull(),
                key);
    }

    /** The links of a job. */
    static JsonFields.Reader<ResourceLinks> links() {
        return JsonFields.of(array(object(ProducerRoutes::link)), ResourceLinks::new);
    }

    /** Checks each part by itself, so that the right one is said to be broken. */
    private static Supplier<ResourceLink> link(JsonFields fields) {
        var entity =
                fields.required("entity", text(text -> ResourceLink.to(text).entity()));
        var href = fields.optional("href", text(text -> new ResourceLink("any", text)));
        return () -> new ResourceLink(
                entity.get(),
                Optional.ofNullable(href.orNull()).map(ResourceLink::href).orElse(null));
    }

    private static Instant beginning(Instant notBefore) {
        if (notBefore.isBefore(EARLIEST) || notBefore.isAfter(NewJob.LATEST)) {
            throw new InvalidValueException(
                    "range",
                    "notBefore must be " + EARLIEST + " to " + NewJob.LATEST,
                    List.of(EARLIEST.toString(), NewJob.LATEST.toString()));
        }
        return notBefore;
    }
}
