package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.InvalidValueException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.HttpField;
import org.jspecify.annotations.Nullable;

/** The one table from exceptions to errors, and from errors to answers. */
public final class Errors {
    /** Seconds after which the client may expect the store back. */
    private static final long STORE_RETRY_AFTER = 2;

    private static final Logger LOG = System.getLogger(Errors.class.getName());

    private Errors() {}

    /** The error that shows of an exception only what the client may see; the rest is logged. */
    public static ApiError of(Throwable thrown, String requestId) {
        if (thrown instanceof ApiError error) {
            return error;
        }
        if (thrown instanceof CompletionException && thrown.getCause() != null) {
            return of(thrown.getCause(), requestId);
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
        ApiError unavailable = withoutMemory(thrown);
        return unavailable == null ? ApiError.ofStatus(500) : unavailable;
    }

    /**
     * The error of a request for which memory was short, which may be over soon; null if it was not. What closes after
     * that may fail in another way, so causes count.
     */
    public static @Nullable ApiError withoutMemory(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                return ApiError.unavailable(STORE_RETRY_AFTER);
            }
        }
        return null;
    }

    private static String reason(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown.getMessage()
                + (cause == null ? "" : " (" + cause.getClass().getSimpleName() + ")");
    }

    /**
     * The answer that shows an error, in the contract's envelope or, if the client prefers that, as problem details.
     *
     * @param accept the lines of the request's {@code Accept} header
     * @param url the request's URL without its query
     * @param path the path of that
     */
    public static Answer answer(ApiError error, List<String> accept, String url, String path, String requestId) {
        List<HttpField> fields = new ArrayList<>();
        error.headers().forEach((name, value) -> fields.add(new HttpField(name, value)));
        fields.add(Answer.NO_STORE);
        return Representation.of(accept) == Representation.JSON_WITH_PROBLEMS
                ? new Answer(error.status(), fields, Answer.PROBLEM_JSON, JobJson.problem(error, path, requestId))
                : new Answer(error.status(), fields, Answer.JSON, JobJson.error(error, url, requestId));
    }
}
