package dev.asyncjob.http;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.status.StatusAnswer;
import dev.asyncjob.http.internal.status.StatusEvents;
import dev.asyncjob.http.internal.status.StatusFastPath;
import dev.asyncjob.http.internal.status.StatusRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * The status of jobs as a Javalin plugin (contract section 1): {@code config.registerPlugin(new JobApi(...))} mounts it
 * into any Javalin, where it affects no other route. Safe for use from any thread.
 */
public final class JobApi extends Api {
    private final Supplier<StatusFastPath> fastPath;
    private final StatusEvents events;
    private final LongAdder remembered = new LongAdder();

    /**
     * Serves the status method.
     *
     * @param jobs reads the status of jobs
     * @param changes waits for changes, such as a {@link dev.asyncjob.application.StatusWatch} that was started
     * @param authenticator identifies clients
     * @param settings the paths and limits; host and port are those of the Javalin that mounts this
     */
    public JobApi(GetJobStatus jobs, AwaitJobStatus changes, Authenticator authenticator, HttpSettings settings) {
        String path = settings.basePath() + settings.statusPath();
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        events = new StatusEvents(changes, deferredResponses(), settings.limits());
        StatusRoutes status = new StatusRoutes(jobs, changes, events, deferredResponses(), settings);
        Handler query = gate.require(Scope.COMPOSITION_READ, status::query);
        String all = settings.basePath() + settings.statusesPath();
        String post = all + (all.endsWith("/") ? "" : "/") + "statuses";
        routes().add(HandlerType.QUERY, all, query)
                .add(HandlerType.POST, post, query)
                .share(all)
                .share(post)
                .add(HandlerType.GET, path, gate.requireOfferingEvents(Scope.COMPOSITION_READ, status::get));
        fastPath = () -> new StatusFastPath(path, gate, jobs, settings.extras(), remembered);
    }

    /** The body of the answer that the owner of a job gets to a read of its status, without extras. */
    public static byte[] body(JobSnapshot job) {
        return StatusAnswer.of(job).body();
    }

    /** How many streams of server-sent events are open. */
    public int eventStreams() {
        return events.open();
    }

    /** How many status reads of ended jobs were answered from memory. */
    public long rememberedAnswers() {
        return remembered.sum();
    }

    /** A handler that answers plain reads without Javalin, for {@link JobServer}. */
    StatusFastPath fastPath() {
        return fastPath.get();
    }
}
