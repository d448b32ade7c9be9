package dev.asyncjob.http;

import dev.asyncjob.application.AwaitClaim;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.work.BulkRoutes;
import dev.asyncjob.http.internal.work.ExplainRoutes;
import dev.asyncjob.http.internal.work.KindRoutes;
import dev.asyncjob.http.internal.work.OperatorRoutes;
import dev.asyncjob.http.internal.work.OutcomeRoutes;
import dev.asyncjob.http.internal.work.ProducerRoutes;
import dev.asyncjob.http.internal.work.WorkerRoutes;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.HandlerType;
import java.time.Duration;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/**
 * The methods for producers, workers and operators as a Javalin plugin (contract section 2). Safe for use from any
 * thread.
 *
 * <p>A worker may claim jobs of any owner, and an operator sees them all: grant {@link Scope#JOB_WORK} and
 * {@link Scope#JOB_ADMIN} to your own services only.
 */
public final class WorkApi extends Api {
    /** Which methods a server has. */
    public enum Part {
        /** All. */
        ALL,

        /**
         * Scheduling, and the list, the explaining and the cancelling of one's own jobs; the other methods, and leases
         * of new jobs, are unknown.
         */
        PRODUCERS,

        /**
         * Claims, renewals, outcomes, the list and the explaining of all jobs, their erasing, and the cancelling and
         * retrying of any job; scheduling is unknown.
         */
        WORKERS_AND_OPERATORS
    }

    private static final List<Scope> OWN_LIST = List.of(Scope.JOB_LIST, Scope.JOB_SCHEDULE);

    /** Serves {@linkplain Part#ALL all} methods. */
    public WorkApi(
            JobUseCases jobs,
            AwaitClaim claims,
            Supplier<JobId> ids,
            Duration defaultLease,
            Authenticator authenticator,
            HttpSettings settings) {
        this(jobs, claims, ids, defaultLease, authenticator, settings, Part.ALL);
    }

    /**
     * Serves a part of the methods.
     *
     * @param jobs carries out the requests
     * @param claims waits for jobs to claim, such as a {@link dev.asyncjob.application.WaitingClaims}
     * @param ids makes the ids of jobs whose producer sends none
     * @param defaultLease the length of a lease if the worker does not name one
     * @param authenticator identifies clients
     * @param settings the paths and limits
     * @param part the methods that are served
     */
    public WorkApi(
            JobUseCases jobs,
            AwaitClaim claims,
            Supplier<JobId> ids,
            Duration defaultLease,
            Authenticator authenticator,
            HttpSettings settings,
            Part part) {
        this(jobs, claims, ids, defaultLease, authenticator, settings, part, (client, kind) -> false);
    }

    /**
     * Serves a part of the methods; jobs may ask for callbacks.
     *
     * @param callbacks whether a client is called when jobs of a kind end; a job that asks for it otherwise is refused
     */
    public WorkApi(
            JobUseCases jobs,
            AwaitClaim claims,
            Supplier<JobId> ids,
            Duration defaultLease,
            Authenticator authenticator,
            HttpSettings settings,
            Part part,
            BiPredicate<Owner, JobKind> callbacks) {
        AccessGate gate = new AccessGate(authenticator, settings.limits());
        ProducerRoutes producers = new ProducerRoutes(jobs, ids, part == Part.ALL, callbacks, settings);
        String root = settings.basePath() + "/jobs";
        String one = root + "/{id}"; // after the paths that it would match as well, such as /jobs/claims
        OperatorRoutes operators = new OperatorRoutes(jobs, jobs);
        ExplainRoutes explaining = new ExplainRoutes(jobs);
        if (part == Part.PRODUCERS) {
            routes().hide(root, HandlerType.DELETE)
                    .hide(root + "/claims")
                    .hide(root + "/outcomes")
                    .hide(root + "/cancellations")
                    .hide(root + "/retries")
                    .add(HandlerType.POST, root, gate.require(Scope.JOB_SCHEDULE, producers::schedule))
                    .add(HandlerType.GET, root, gate.requireOneOf(OWN_LIST, operators::listOwn))
                    .add(HandlerType.GET, one, gate.requireOneOf(OWN_LIST, explaining::readOwn))
                    .add(HandlerType.GET, one + "/explain", gate.requireOneOf(OWN_LIST, explaining::explainOwn))
                    .add(HandlerType.DELETE, one, gate.require(Scope.JOB_SCHEDULE, producers::cancelOwn));
            return;
        }
        KindRoutes kinds = new KindRoutes(jobs, settings.maxBody());
        BulkRoutes bulks = new BulkRoutes(jobs, ids, settings.maxBody());
        WorkerRoutes workers = new WorkerRoutes(jobs, claims, defaultLease, deferredResponses(), settings);
        OutcomeRoutes outcomes = new OutcomeRoutes(jobs, settings);
        List<Scope> cancelling = List.of(Scope.JOB_ADMIN);
        List<Scope> listing = List.of(Scope.JOB_ADMIN, Scope.JOB_READ_ALL);
        if (part == Part.ALL) {
            cancelling = List.of(Scope.JOB_SCHEDULE, Scope.JOB_ADMIN);
            listing = List.of(Scope.JOB_LIST, Scope.JOB_SCHEDULE, Scope.JOB_ADMIN, Scope.JOB_READ_ALL);
            routes().add(HandlerType.POST, root, gate.require(Scope.JOB_SCHEDULE, producers::schedule));
        } else {
            routes().hide(root, HandlerType.POST);
        }
        List<Scope> reading = List.of(Scope.JOB_ADMIN, Scope.JOB_READ_ALL);
        String allKinds = settings.basePath() + "/kinds";
        String kind = allKinds + "/{kind}";
        routes().add(HandlerType.GET, allKinds, gate.requireOneOf(reading, kinds::list))
                .add(HandlerType.PUT, kind + "/pause", gate.require(Scope.JOB_ADMIN, kinds::pause))
                .add(HandlerType.DELETE, kind + "/pause", gate.require(Scope.JOB_ADMIN, kinds::resume))
                .add(HandlerType.PUT, kind + "/limit", gate.require(Scope.JOB_ADMIN, kinds::limit))
                .add(HandlerType.DELETE, kind + "/limit", gate.require(Scope.JOB_ADMIN, kinds::unlimit))
                .add(HandlerType.GET, settings.basePath() + "/audit", gate.require(Scope.JOB_ADMIN, kinds::audit));
        routes().add(HandlerType.GET, root, gate.requireOneOf(listing, operators::list))
                .add(HandlerType.DELETE, root, gate.require(Scope.JOB_ADMIN, operators::erase))
                .add(HandlerType.POST, root + "/claims", gate.require(Scope.JOB_WORK, workers::claim))
                .add(HandlerType.POST, root + "/outcomes", gate.require(Scope.JOB_WORK, outcomes::all))
                .add(HandlerType.POST, root + "/cancellations", gate.require(Scope.JOB_ADMIN, bulks::cancel))
                .add(HandlerType.POST, root + "/retries", gate.require(Scope.JOB_ADMIN, bulks::retry))
                .add(HandlerType.GET, one, gate.requireOneOf(listing, explaining::read))
                .add(HandlerType.GET, one + "/explain", gate.requireOneOf(listing, explaining::explain))
                .add(HandlerType.PUT, one + "/lease", gate.require(Scope.JOB_WORK, workers::renew))
                .add(HandlerType.POST, one + "/done", gate.require(Scope.JOB_WORK, outcomes::done))
                .add(HandlerType.POST, one + "/failed", gate.require(Scope.JOB_WORK, outcomes::failed))
                .add(HandlerType.POST, one + "/retry", gate.require(Scope.JOB_ADMIN, producers::retry))
                .add(HandlerType.DELETE, one, gate.requireOneOf(cancelling, producers::cancel));
    }
}
