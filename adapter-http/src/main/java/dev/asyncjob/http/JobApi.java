package dev.asyncjob.http;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.internal.status.StatusEvents;
import dev.asyncjob.http.internal.status.StatusFastPath;
import dev.asyncjob.http.internal.status.StatusRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.HandlerType;
import java.util.function.Supplier;

/**
 * The job resource as a Javalin plugin: {@code config.registerPlugin(new JobApi(...))} mounts it into anybody's
 * Javalin, where it touches no other route. Thread-safe.
 */
public final class JobApi extends Api {
    private final Supplier<StatusFastPath> lane;

    /**
     * @param jobs what is asked
     * @param news where readers wait, such as a {@link dev.asyncjob.application.StatusWatch} that was started
     * @param authenticator who may ask
     * @param settings under which paths; host and port are the host application's business
     */
    public JobApi(GetJobStatus jobs, AwaitJobStatus news, Authenticator authenticator, HttpSettings settings) {
        super(new Routes());
        String path = settings.basePath() + settings.statusPath();
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        StatusEvents events = new StatusEvents(news, heldAnswers(), settings.limits());
        StatusRoutes status = new StatusRoutes(jobs, news, events, heldAnswers(), settings.maxWait());
        routes().add(HandlerType.GET, path, gate.requireOfferingEvents(Scope.COMPOSITION_READ, status::get));
        lane = () -> new StatusFastPath(path, gate, jobs);
    }

    /** A short way around Javalin for plain reads, for a server of our own. */
    StatusFastPath lane() {
        return lane.get();
    }
}
