package dev.asyncjob.http;

import dev.asyncjob.application.JobUseCases;
import io.javalin.http.HandlerType;

/**
 * The job resource as a Javalin plugin: {@code config.registerPlugin(new JobApi(...))} mounts it into anybody's
 * Javalin, where it touches no other route. Thread-safe.
 */
public final class JobApi extends Api {
    /** Allows to read the status of one's own jobs. */
    public static final String COMPOSITION_READ = "composition:read";

    /**
     * @param jobs what is asked
     * @param authenticator who may ask
     * @param settings under which paths; host and port are the host application's business
     */
    public JobApi(JobUseCases jobs, Authenticator authenticator, HttpSettings settings) {
        super(routes(jobs, new AccessGate(authenticator, settings.limits()), settings));
    }

    private static Routes routes(JobUseCases jobs, AccessGate gate, HttpSettings settings) {
        StatusRoutes status = new StatusRoutes(jobs.getJobStatus());
        return new Routes()
                .add(
                        HandlerType.GET,
                        settings.basePath() + settings.statusPath(),
                        gate.require(COMPOSITION_READ, status::get));
    }
}
