package dev.asyncjob.http;

import dev.asyncjob.application.JobUseCases;
import io.javalin.config.JavalinState;
import io.javalin.http.HandlerType;
import io.javalin.plugin.Plugin;

/**
 * The job resource as a Javalin plugin: {@code config.registerPlugin(new JobApi(...))} mounts it into anybody's
 * Javalin, where it touches no other route. Thread-safe.
 */
public final class JobApi extends Plugin<Void> {
    /** Allows to read the status of one's own jobs. */
    public static final String COMPOSITION_READ = "composition:read";

    private final Routes routes;

    /**
     * @param jobs what is asked
     * @param authenticator who may ask
     * @param settings under which paths; host and port are the host application's business
     */
    public JobApi(JobUseCases jobs, Authenticator authenticator, HttpSettings settings) {
        AccessGate gate = new AccessGate(authenticator);
        StatusRoutes status = new StatusRoutes(jobs.getJobStatus());
        routes = new Routes()
                .add(
                        HandlerType.GET,
                        settings.basePath() + settings.statusPath(),
                        gate.require(COMPOSITION_READ, status::get));
    }

    Routes routes() {
        return routes;
    }

    @Override
    public void onInitialize(JavalinState state) {
        routes.putInto(state.routes);
    }
}
