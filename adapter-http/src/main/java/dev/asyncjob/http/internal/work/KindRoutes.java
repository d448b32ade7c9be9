package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.asyncjob.application.KindAdministration;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.body.QueryFields;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.OperatorJson;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What operators set for kinds, and the audit of all interventions (contract section 2). Safe for use from any thread.
 */
public final class KindRoutes {
    private static final String AUDIT = "audit";

    /** Has the domain check one part alone. */
    private static final JobKind ANY = new JobKind("any");

    private static final Owner ANY_OPERATOR = new Owner("operator");

    private final KindAdministration kinds;
    private final int maxBody;

    /** @param maxBody bytes of a body at most */
    public KindRoutes(KindAdministration kinds, int maxBody) {
        this.kinds = kinds;
        this.maxBody = maxBody;
    }

    /** Answers with what is set for each kind. */
    public void list(Context ctx, Access access) {
        HttpExchange.write(ctx, Answer.json(200, OperatorJson.kinds(kinds.kinds())));
    }

    /** Pauses a kind; a body is optional. */
    public void pause(Context ctx, Access access) throws IOException {
        JsonNode body = JsonBody.objectIfAny(ctx, maxBody).orElseGet(JsonNodeFactory.instance::objectNode);
        change(
                ctx,
                body,
                KindRoutes::reason,
                (kind, reason) -> kinds.pause(kind, reason.orElse(null), OperatorRoutes.intervention(ctx, access)));
    }

    /** Ends the pause of a kind. */
    public void resume(Context ctx, Access access) {
        change(ctx, kind -> kinds.resume(kind, OperatorRoutes.intervention(ctx, access)));
    }

    /** Limits the jobs of a kind that run. */
    public void limit(Context ctx, Access access) throws IOException {
        JsonNode body = JsonBody.object(ctx, maxBody);
        change(
                ctx,
                body,
                KindRoutes::running,
                (kind, running) -> kinds.limit(kind, running, OperatorRoutes.intervention(ctx, access)));
    }

    /** Removes the limit of a kind. */
    public void unlimit(Context ctx, Access access) {
        change(ctx, kind -> kinds.limit(kind, null, OperatorRoutes.intervention(ctx, access)));
    }

    /** Answers with one page of the audit. */
    public void audit(Context ctx, Access access) {
        QueryFields query = QueryFields.of(ctx, List.of("cursor", "limit"));
        var cursor = query.value("cursor", OperatorRoutes::notEmpty);
        var limit = query.value("limit", OperatorRoutes::limit);
        query.requireValid();
        AuditEntry.Page page = kinds.audit(after(cursor), limit == null ? OperatorRoutes.DEFAULT_LIMIT : limit);
        String next = page.next()
                .map(place -> PageCursor.write(AUDIT, new JobFilter.Place(place.at(), new JobId(place.id()))))
                .orElse(null);
        HttpExchange.write(ctx, Answer.json(200, OperatorJson.audit(page, next)));
    }

    private static AuditEntry.@Nullable Place after(@Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        JobFilter.Place place = PageCursor.read(AUDIT, cursor);
        return new AuditEntry.Place(place.createdAt(), place.id().value());
    }

    /** Changes a kind as a body says. */
    @FunctionalInterface
    private interface Change<T> {
        KindState of(JobKind kind, T value);
    }

    private static <T> void change(
            Context ctx, JsonNode body, Function<JsonFields, Supplier<T>> reader, Change<T> change) {
        List<ApiError.Invalid> broken = new ArrayList<>();
        JobKind kind = kind(ctx, broken);
        T value = JsonFields.read(body, "$", broken, reader);
        HttpExchange.write(ctx, Answer.json(200, OperatorJson.kind(change.of(kind, value))));
    }

    private static void change(Context ctx, Function<JobKind, KindState> change) {
        List<ApiError.Invalid> broken = new ArrayList<>();
        JobKind kind = kind(ctx, broken);
        if (!broken.isEmpty()) {
            throw ApiError.invalid(broken);
        }
        HttpExchange.write(ctx, Answer.json(200, OperatorJson.kind(change.apply(kind))));
    }

    /** Returns the kind in the path; any kind if that breaks a rule. */
    private static JobKind kind(Context ctx, List<ApiError.Invalid> broken) {
        try {
            return new JobKind(ctx.pathParam("kind"));
        } catch (InvalidValueException e) {
            broken.add(ApiError.Invalid.of("path_parameter", "kind", e));
            return ANY;
        }
    }

    private static Supplier<Optional<String>> reason(JsonFields fields) {
        var reason =
                fields.optional("reason", text(why -> new KindState.Pause(Instant.EPOCH, ANY_OPERATOR, why).reason()));
        return () -> Optional.ofNullable(reason.orNull());
    }

    private static Supplier<Integer> running(JsonFields fields) {
        var running = fields.required(
                "running", count(number -> KindState.of(ANY).withLimit(number).limit()));
        return running::get;
    }
}
