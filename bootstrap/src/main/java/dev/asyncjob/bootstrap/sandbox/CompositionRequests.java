package dev.asyncjob.bootstrap.sandbox;

import static dev.asyncjob.http.SlowRequest.Method.PATCH;
import static dev.asyncjob.http.SlowRequest.Method.POST;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.sandbox.CompositionPlanner.Action;
import dev.asyncjob.http.InvalidPropertyException;
import dev.asyncjob.http.SlowRequest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The planning methods of eHealth's Compositions (contract section 5). Bodies are checked for their form and are not
 * used otherwise.
 */
public final class CompositionRequests {
    private static final String ROOT = "/patients/composition";
    private static final String ID = "compositionId";
    private static final String ONE = ROOT + "/{" + ID + "}";

    private CompositionRequests() {}

    /** The four methods, each of which has the planner schedule a job. */
    public static List<SlowRequest> of(CompositionPlanner planner) {
        return List.of(
                SlowRequest.of(
                        POST,
                        ROOT,
                        Scope.COMPOSITION_CREATE,
                        (owner, ids, body) -> planner.plan(owner, Action.CREATE, Optional.empty())),
                SlowRequest.of(PATCH, ONE + "/sign", Scope.COMPOSITION_SIGN, (owner, ids, body) -> {
                    requireSignedData(body);
                    return planner.plan(owner, Action.SIGN, Optional.ofNullable(ids.get(ID)));
                }),
                change("/cancel", Scope.COMPOSITION_CANCEL, Action.CANCEL, planner),
                change("/erln", Scope.COMPOSITION_CREATE, Action.ERLN, planner));
    }

    private static SlowRequest change(String path, Scope scope, Action action, CompositionPlanner planner) {
        SlowRequest.Planner change =
                (owner, ids, body) -> planner.plan(owner, action, Optional.ofNullable(ids.get(ID)));
        return SlowRequest.of(PATCH, ONE + path, scope, change).withOptionalBody();
    }

    private static void requireSignedData(Map<String, @Nullable Object> body) {
        if (body.keySet().stream().anyMatch(name -> !name.equals("data"))) {
            throw new InvalidPropertyException("$", "schema", "there must be no property but data");
        }
        if (!body.containsKey("data")) {
            throw new InvalidPropertyException("$.data", "required", "data is required");
        }
        if (!(body.get("data") instanceof String text) || !isBase64(text)) {
            throw new InvalidPropertyException("$.data", "format", "data must be base64 text");
        }
    }

    private static boolean isBase64(String text) {
        try {
            return Base64.getDecoder().decode(text).length > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
