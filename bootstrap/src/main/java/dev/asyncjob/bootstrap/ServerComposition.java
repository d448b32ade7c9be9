package dev.asyncjob.bootstrap;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.NoArgGenerator;
import dev.asyncjob.application.AwaitClaim;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.bootstrap.cli.ServerCommands;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.sandbox.Sandbox;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.CompositionApi;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.identity.SecretHash;
import dev.asyncjob.identity.Secrets;
import dev.asyncjob.persistence.JobDatabase;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/** The composition root: puts the adapters together for each command that needs them. */
final class ServerComposition implements ServerCommands {
    private static final Owner SANDBOX_CLIENT = new Owner("sandbox");

    /** What a simulated job takes once it is due: its worker looks for it every 50 ms. */
    private static final Duration SANDBOX_WORK = Duration.ofMillis(250);

    private static final Duration SANDBOX_POLL = Duration.ofMillis(50);

    /** UUIDv7: ids of jobs that were made together stand together in an index. */
    private static final NoArgGenerator IDS = Generators.timeBasedEpochRandomGenerator();

    private final PrintWriter out;

    /** @param out where the ready line goes */
    ServerComposition(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void serve(Settings settings, Authenticator authenticator) throws Exception {
        try (RunningServer node = new RunningServer(settings)) {
            JobDatabase database = node.open(settings.db(), settings.work());
            JobUseCases jobs = JobUseCases.over(database.store(), settings.work());
            WaitingClaims claims = new WaitingClaims(jobs, database.signals());
            StatusWatch readers = new StatusWatch(database.store(), database.signals());
            node.listen(
                    List.of(
                            workApi(jobs, claims, authenticator, settings),
                            new JobApi(jobs, readers, authenticator, settings.http())),
                    database.store());
            node.serve(claims, readers);
            announce(node, database);
            node.awaitStop();
        }
    }

    @Override
    public void sandbox(Settings settings) throws Exception {
        String token = Objects.requireNonNullElseGet(settings.sandbox().token(), Secrets::newToken);
        String apiKey = Objects.requireNonNullElseGet(settings.sandbox().apiKey(), Secrets::newApiKey);
        Authenticator authenticator = only(SecretHash.of(token), SecretHash.of(apiKey));
        WorkPolicy policy = settings.work().withExpectedDuration(SANDBOX_WORK);
        try (RunningServer node = new RunningServer(settings)) {
            JobDatabase database = node.open(settings.sandbox().db(), policy);
            JobUseCases jobs = JobUseCases.over(database.store(), policy);
            Sandbox sandbox = new Sandbox(jobs, settings.sandbox(), database.store()::now, IDS::generate);
            WorkerSettings worker =
                    WorkerSettings.named("sandbox").withLease(policy.lease()).withPollInterval(SANDBOX_POLL);
            node.work(new JobWorker(jobs, database.signals(), sandbox.handlers(), worker));
            WaitingClaims claims = new WaitingClaims(jobs, database.signals());
            StatusWatch readers = new StatusWatch(database.store(), database.signals());
            node.listen(
                    List.of(
                            workApi(jobs, claims, authenticator, settings),
                            new JobApi(jobs, readers, authenticator, settings.http()),
                            new CompositionApi(sandbox, authenticator, settings.http())),
                    database.store());
            node.serve(claims, readers);
            announce(node, database);
            invite(node, settings.http(), token, apiKey, IDS.generate());
            node.awaitStop();
        }
    }

    private static WorkApi workApi(
            JobUseCases jobs, AwaitClaim waiting, Authenticator authenticator, Settings settings) {
        Duration lease = settings.work().lease();
        return new WorkApi(jobs, waiting, () -> new JobId(IDS.generate()), lease, authenticator, settings.http());
    }

    @Override
    public void migrate(Settings settings) {
        out.println("asyncjob schema " + JobDatabase.migrate(settings.db()));
        out.flush();
    }

    private static Authenticator only(SecretHash token, SecretHash apiKey) {
        Access access = new Access(SANDBOX_CLIENT, Set.of(Scope.values()));
        return (sentToken, sentKey) -> {
            boolean goodKey = apiKey.matches(SecretHash.of(sentKey));
            if (!token.matches(SecretHash.of(sentToken))) {
                return new Authenticator.InvalidToken();
            }
            return goodKey ? new Authenticator.Granted(access) : new Authenticator.InvalidApiKey();
        };
    }

    private void announce(RunningServer node, JobDatabase database) {
        out.printf("asyncjob ready %s (%s)%n", node.url(), database.dialect());
        out.printf("asyncjob management %s%n", node.managementUrl());
        out.flush();
    }

    private void invite(RunningServer node, HttpSettings http, String token, String apiKey, UUID compositionId) {
        String api = node.url() + http.basePath();
        String status = api + http.statusPath().replace(HttpSettings.ID, "$JOB");
        String credentials = "-H 'Authorization: Bearer %s' -H 'api-key: %s'".formatted(token, apiKey);
        out.printf("""
                token: %s
                api-key: %s

                Sign a composition (the answer is a job), then ask for the job until it is DONE:

                JOB=$(curl -s -X PATCH %s/patients/composition/%s/sign %s -H 'Content-Type: application/json' \
                -d '{"data":"c2lnbmVk"}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
                curl -s "%s" %s

                The API, readable: %s/docs
                """, token, apiKey, api, compositionId, credentials, status, credentials, api);
        out.flush();
    }
}
