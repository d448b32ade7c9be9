package dev.asyncjob.http;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.status.StatusAnswer;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An application's own slow requests as a Javalin plugin, each answered with the status of a job. Credentials, limits,
 * bodies and errors are treated as on every other route of the API. Safe for use from any thread.
 */
public final class SlowRequestApi extends Api {
    /**
     * Serves requests.
     *
     * @param requests the routes; their paths must differ from those of other plugins
     * @param authenticator identifies clients
     * @param settings the base path and the limits
     */
    public SlowRequestApi(List<SlowRequest> requests, Authenticator authenticator, HttpSettings settings) {
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        for (SlowRequest request : requests) {
            int maxBody = Math.min(request.maxBody(), settings.maxBody());
            routes().add(
                            HandlerType.findOrCreate(request.method().name()),
                            settings.basePath() + request.path(),
                            gate.require(request.scope(), (ctx, access) -> answer(ctx, access, request, maxBody)));
        }
    }

    private static void answer(Context ctx, Access access, SlowRequest request, int maxBody) throws IOException {
        Map<String, UUID> ids = ids(ctx);
        Map<String, @Nullable Object> body = request.bodyRequired()
                ? JsonBody.map(JsonBody.object(ctx, maxBody))
                : JsonBody.objectIfAny(ctx, maxBody).map(JsonBody::map).orElse(Map.of());
        try {
            JobSnapshot job = request.planner().plan(access.owner(), ids, body);
            ctx.attribute(HttpExchange.JOB, job.job().id());
            HttpExchange.write(ctx, StatusAnswer.of(job).toChange(200));
        } catch (InvalidPropertyException e) {
            String description = String.valueOf(e.getMessage());
            throw ApiError.invalid(List.of(ApiError.Invalid.property(e.path(), e.rule(), description)));
        } catch (QuotaExceededException e) {
            throw ApiError.overQuota(e.refusal());
        }
    }

    private static Map<String, UUID> ids(Context ctx) {
        Map<String, UUID> ids = new HashMap<>();
        ctx.pathParamMap().forEach((name, text) -> {
            try {
                ids.put(name, JobId.parse(text).value());
            } catch (InvalidValueException e) {
                throw ApiError.notFound(ApiError.Invalid.of("path_parameter", name, e));
            }
        });
        return ids;
    }
}
