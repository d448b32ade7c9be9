package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.InvalidValueException;
import io.javalin.http.Context;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/** The one table from what was thrown to what is answered. */
public final class Errors {
    public static final String JSON = "application/json; charset=utf-8";
    public static final String PROBLEM_JSON = "application/problem+json; charset=utf-8";

    /** When the store is expected back, in seconds. */
    public static final long STORE_RETRY_AFTER = 2;

    private static final Logger LOG = System.getLogger(Errors.class.getName());

    private Errors() {}

    /** The error that tells of what was thrown no more than the client may know; the rest goes to the log. */
    public static ApiError of(Throwable thrown, String requestId) {
        if (thrown instanceof ApiError error) {
            return error;
        }
        if (thrown instanceof StoreUnavailable) {
            LOG.log(Level.WARNING, "request {0}: {1}", requestId, reason(thrown));
            return ApiError.unavailable(STORE_RETRY_AFTER);
        }
        if (thrown instanceof InvalidValueException refused) {
            LOG.log(Level.INFO, "request {0}: {1}", requestId, refused.getMessage());
            return ApiError.invalid(List.of(ApiError.Invalid.of("request", "$", refused)));
        }
        LOG.log(Level.ERROR, "request " + requestId + " failed", thrown);
        return ApiError.internal();
    }

    private static String reason(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown.getMessage()
                + (cause == null ? "" : " (" + cause.getClass().getSimpleName() + ")");
    }

    /** Answers with an error instead of whatever was prepared. */
    public static void answer(Context ctx, ApiError error) {
        String requestId = HttpExchange.requestId(ctx);
        boolean problem = Representation.of(HttpExchange.headers(ctx, "Accept")) == Representation.JSON_WITH_PROBLEMS;
        error.headers().forEach(ctx::header);
        ctx.status(error.status());
        ctx.header("Cache-Control", "no-store");
        HttpExchange.body(
                ctx,
                problem ? PROBLEM_JSON : JSON,
                problem ? JobJson.problem(error, ctx.path(), requestId) : JobJson.error(error, ctx.url(), requestId));
    }
}
