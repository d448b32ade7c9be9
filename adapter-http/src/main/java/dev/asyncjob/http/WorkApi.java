package dev.asyncjob.http;

import dev.asyncjob.application.AwaitClaim;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.internal.work.OperatorRoutes;
import dev.asyncjob.http.internal.work.OutcomeRoutes;
import dev.asyncjob.http.internal.work.ProducerRoutes;
import dev.asyncjob.http.internal.work.WorkerRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What producers, workers and operators ask for (contract section 2), for the services behind the gateway.
 *
 * <p>A worker may claim jobs of any owner, and an operator sees them all: give {@link Scope#JOB_WORK} and
 * {@link Scope#JOB_ADMIN} to services of your own only. Thread-safe.
 */
public final class WorkApi extends Api {
    /**
     * @param jobs what is asked
     * @param work where workers wait for jobs
     * @param ids names for jobs whose producer gives none
     * @param defaultLease how long a claim holds when the worker does not say
     * @param authenticator who may ask
     * @param settings under which base path, how large a body may be, and where a job's status is
     */
    public WorkApi(
            JobUseCases jobs,
            AwaitClaim work,
            Supplier<JobId> ids,
            Duration defaultLease,
            Authenticator authenticator,
            HttpSettings settings) {
        super(new Routes());
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        ProducerRoutes producers = new ProducerRoutes(jobs, ids, settings);
        OperatorRoutes operators = new OperatorRoutes(jobs);
        WorkerRoutes workers = new WorkerRoutes(jobs, work, defaultLease, heldAnswers(), settings);
        OutcomeRoutes outcomes = new OutcomeRoutes(jobs, settings);
        List<Scope> cancelling = List.of(Scope.JOB_SCHEDULE, Scope.JOB_ADMIN);
        String root = settings.basePath() + "/jobs";
        String one = root + "/{id}"; // behind the paths that it would swallow, such as /jobs/claims
        routes().add(HandlerType.POST, root, gate.require(Scope.JOB_SCHEDULE, producers::schedule))
                .add(HandlerType.GET, root, gate.require(Scope.JOB_ADMIN, operators::list))
                .add(HandlerType.POST, root + "/claims", gate.require(Scope.JOB_WORK, workers::claim))
                .add(HandlerType.POST, root + "/outcomes", gate.require(Scope.JOB_WORK, outcomes::all))
                .add(HandlerType.PUT, one + "/lease", gate.require(Scope.JOB_WORK, workers::renew))
                .add(HandlerType.POST, one + "/done", gate.require(Scope.JOB_WORK, outcomes::done))
                .add(HandlerType.POST, one + "/failed", gate.require(Scope.JOB_WORK, outcomes::failed))
                .add(HandlerType.DELETE, one, gate.requireOneOf(cancelling, producers::cancel));
    }
}
