package dev.asyncjob.http;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.settings.HttpSettings;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A route of an application's own whose work is slow: it schedules a job and answers 200 with the status of that job.
 *
 * @param method the HTTP method
 * @param path the path template, after the base path, such as {@code /reports/{reportId}/print}; every placeholder is
 *     one whole segment and stands for a UUID, and other texts in its place are answered 404
 * @param scope the scope that a client needs
 * @param bodyRequired whether the request must have a body; a body is always a JSON object
 * @param maxBody bytes of the body at most; {@link HttpSettings#maxBody} applies as well
 * @param planner schedules the job
 */
public record SlowRequest(Method method, String path, Scope scope, boolean bodyRequired, int maxBody, Planner planner) {
    /** The methods that may start work. */
    public enum Method {
        /** Creates a resource or starts a process. */
        POST,
        /** Replaces a resource. */
        PUT,
        /** Changes a resource. */
        PATCH,
        /** Deletes a resource. */
        DELETE
    }

    /** Schedules the job for an accepted request. Safe for use from any thread. */
    @FunctionalInterface
    public interface Planner {
        /**
         * Schedules a job.
         *
         * @param owner the client's owner, which may read the status
         * @param ids the UUIDs in the path, by the names of their placeholders
         * @param body the properties of the body as String, Boolean, Number, List, Map or null; empty without a body
         * @return the job as it was scheduled
         * @throws InvalidPropertyException if a property breaks a rule of the application; answered 422
         * @throws QuotaExceededException if the client has too many pending jobs; answered 429
         */
        JobSnapshot plan(Owner owner, Map<String, UUID> ids, Map<String, @Nullable Object> body);
    }

    /** A request that must have a body, with no limit of its own for the body's length. */
    public static SlowRequest of(Method method, String path, Scope scope, Planner planner) {
        return new SlowRequest(method, path, scope, true, HttpSettings.MAX_BODY, planner);
    }

    /** The same request, whose body may be missing. */
    public SlowRequest withOptionalBody() {
        return new SlowRequest(method, path, scope, false, maxBody, planner);
    }

    /** The same request with another limit for the body, in bytes. */
    public SlowRequest withMaxBody(int bytes) {
        return new SlowRequest(method, path, scope, bodyRequired, bytes, planner);
    }
}
