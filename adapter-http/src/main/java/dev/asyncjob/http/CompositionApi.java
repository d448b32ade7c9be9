package dev.asyncjob.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.http.CompositionPlanner.Action;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.internal.status.StatusRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The planning methods of eHealth's Compositions (contract section 5): each answers 200 with the body of the status
 * method. What is sent is checked for its form and goes no further. Thread-safe.
 */
public final class CompositionApi extends Api {
    private static final String COMPOSITION = "/patients/composition";

    private final CompositionPlanner planner;
    private final int maxBody;

    /**
     * @param planner what stands behind the methods
     * @param authenticator who may ask
     * @param settings under which base path, and how large a body may be
     */
    public CompositionApi(CompositionPlanner planner, Authenticator authenticator, HttpSettings settings) {
        super(new Routes());
        this.planner = planner;
        this.maxBody = settings.maxBody();
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        String root = settings.basePath() + COMPOSITION;
        String one = root + "/{compositionId}";
        routes().add(HandlerType.POST, root, gate.require(Scope.COMPOSITION_CREATE, this::create))
                .add(HandlerType.PATCH, one + "/sign", gate.require(Scope.COMPOSITION_SIGN, this::sign))
                .add(HandlerType.PATCH, one + "/cancel", gate.require(Scope.COMPOSITION_CANCEL, change(Action.CANCEL)))
                .add(HandlerType.PATCH, one + "/erln", gate.require(Scope.COMPOSITION_CREATE, change(Action.ERLN)));
    }

    private void create(Context ctx, Access access) throws IOException {
        JsonBody.object(ctx, maxBody);
        plan(ctx, access, Action.CREATE, Optional.empty());
    }

    private void sign(Context ctx, Access access) throws IOException {
        UUID compositionId = compositionId(ctx);
        requireSignedData(JsonBody.object(ctx, maxBody));
        plan(ctx, access, Action.SIGN, Optional.of(compositionId));
    }

    private AccessGate.Guarded change(Action action) {
        return (ctx, access) -> {
            UUID compositionId = compositionId(ctx);
            JsonBody.objectIfAny(ctx, maxBody);
            plan(ctx, access, action, Optional.of(compositionId));
        };
    }

    private void plan(Context ctx, Access access, Action action, Optional<UUID> compositionId) {
        StatusRoutes.answerChange(ctx, planner.plan(access.owner(), action, compositionId));
    }

    private static void requireSignedData(JsonNode body) {
        List<ApiError.Invalid> unknown = new ArrayList<>();
        body.fieldNames().forEachRemaining(name -> {
            if (!name.equals("data")) {
                unknown.add(JsonBody.property("$", "schema", "there must be no property but data"));
            }
        });
        if (!unknown.isEmpty()) {
            throw ApiError.invalid(unknown.subList(0, 1));
        }
        JsonNode data = body.path("data");
        if (data.isMissingNode()) {
            throw ApiError.invalid(List.of(JsonBody.property("$.data", "required", "data is required")));
        }
        if (!data.isTextual() || data.textValue().isEmpty() || !isBase64(data.textValue())) {
            throw ApiError.invalid(List.of(JsonBody.property("$.data", "format", "data must be base64 text")));
        }
    }

    private static boolean isBase64(String text) {
        try {
            return Base64.getDecoder().decode(text).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static UUID compositionId(Context ctx) {
        try {
            return JobId.parse(ctx.pathParam("compositionId")).value();
        } catch (InvalidValueException e) {
            throw ApiError.notFound(ApiError.Invalid.of("path_parameter", "compositionId", e));
        }
    }
}
