package dev.asyncjob.bootstrap;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.spi.CallbackEndpoints;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.bootstrap.cli.ServerCommands;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.ops.LogEncoder;
import dev.asyncjob.bootstrap.ops.LogOutput;
import dev.asyncjob.bootstrap.ops.Readiness;
import dev.asyncjob.bootstrap.ops.ServerCertificate;
import dev.asyncjob.bootstrap.ops.TraceExport;
import dev.asyncjob.bootstrap.ops.TraceVariables;
import dev.asyncjob.bootstrap.sandbox.OnceLink;
import dev.asyncjob.bootstrap.sandbox.Sandbox;
import dev.asyncjob.bootstrap.sandbox.SandboxClient;
import dev.asyncjob.bootstrap.sandbox.Tour;
import dev.asyncjob.callbacks.CallbackDeliverer;
import dev.asyncjob.callbacks.CallbackSettings;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.FailedLogins;
import dev.asyncjob.http.FormLogin;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.PagesApi;
import dev.asyncjob.http.SlowRequestApi;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.identity.ClientAdministration;
import dev.asyncjob.identity.RegisteredCallbacks;
import dev.asyncjob.metrics.JobMetrics;
import dev.asyncjob.persistence.JobDatabase;
import dev.asyncjob.tracing.JobTracing;
import dev.asyncjob.ui.Login;
import dev.asyncjob.ui.OperatorPage;
import dev.asyncjob.ui.PageSettings;
import dev.asyncjob.ui.PageSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The composition root: connects the adapters to the application for each command that needs them. */
final class ServerComposition implements ServerCommands {
    /** How long a stop waits for deliveries in flight, which may take 10 s; they are made again. */
    private static final Duration STOP_OF_DELIVERIES = Duration.ofSeconds(2);

    /** UUIDv7: ids of jobs that were created together are adjacent in an index. */
    private final PrintWriter out;

    private final List<LogOutput> outputs;
    private final DatabaseClock clock;
    private final TraceVariables traceVariables;

    /**
     * Starts nothing.
     *
     * @param out receives the ready lines
     * @param outputs standard output and standard error, as the server writes to them
     * @param clock for the ends of the clients' secrets and tokens; follows the database of the server
     * @param traceVariables say whether and how spans are exported
     */
    ServerComposition(PrintWriter out, List<LogOutput> outputs, DatabaseClock clock, TraceVariables traceVariables) {
        this.traceVariables = traceVariables;
        this.clock = clock;
        this.out = out;
        this.outputs = outputs;
    }

    @Override
    public void serve(Settings settings, Authenticator authenticator) throws Exception {
        run(settings, authenticator, null);
    }

    @Override
    public void sandbox(Settings settings) throws Exception {
        SandboxClient client = SandboxClient.of(settings.sandbox());
        run(Sandbox.settings(settings), client.authenticator(), client);
    }

    @Override
    public void migrate(Settings settings) {
        out.println("asyncjob schema " + JobDatabase.migrate(settings.db()));
        out.flush();
    }

    /** @param client the client of the sandbox; null for a server without the sandbox */
    private void run(Settings settings, Authenticator credentials, @Nullable SandboxClient client) throws Exception {
        HttpSettings http = settings.http();
        Settings.TlsFiles tls = settings.places().tls();
        ServerCertificate certificate = tls == null ? null : new ServerCertificate(tls);
        Path registered = settings.callbacksFile();
        CallbackEndpoints callbacks = registered == null ? null : new RegisteredCallbacks(registered, clock);
        try (RunningServer server = new RunningServer(settings, outputs)) {
            Authenticator authenticator = FailedLogins.limitedTogether(server.counted(credentials), http.limits());
            if (settings.clientsFile() != null && client == null) {
                server.watch(credentials, new ClientAdministration(settings.clientsFile(), clock));
            }
            JobTracing tracing = traceVariables.isWanted() ? tracing(server) : null;
            JobDatabase database = server.open(settings.db(), settings.work());
            server.opened(clock.follow(database.store()::now));
            JobUseCases jobs = tracing == null
                    ? JobUseCases.over(database.store(), settings.work())
                    : tracing.useCases(database.store(), settings.work());
            WaitingClaims claims = new WaitingClaims(jobs, database.signals());
            StatusWatch watch = new StatusWatch(database.store(), database.signals());

            Function<WorkApi.Part, Api> work = part -> new WorkApi(
                    jobs,
                    claims,
                    this::newId,
                    settings.work().lease(),
                    authenticator,
                    http,
                    part,
                    callbacks == null ? (owner, kind) -> false : callbacks::take);
            Settings.WorkApiPlace place = settings.places().workApi();
            List<Api> apis = new ArrayList<>();
            apis.add(work.apply(place == Settings.WorkApiPlace.PUBLIC ? WorkApi.Part.ALL : WorkApi.Part.PRODUCERS));
            List<Api> internal = place == Settings.WorkApiPlace.MANAGEMENT
                    ? List.of(work.apply(WorkApi.Part.WORKERS_AND_OPERATORS))
                    : List.of();
            JobApi statuses = new JobApi(jobs, watch, authenticator, http);
            apis.add(statuses);
            server.measure(statuses, watch);
            if (client != null) {
                Sandbox sandbox = new Sandbox(jobs, settings.sandbox(), database.store()::now, () -> newId().value());
                server.opened(new JobWorker(
                                jobs,
                                database.signals(),
                                traced(tracing, sandbox.handlers()),
                                Sandbox.worker(settings)))
                        .start();
                apis.add(new SlowRequestApi(sandbox.requests(), authenticator, http));
            }
            if (callbacks != null) {
                CallbackSettings delivery = settings.callbacks();
                deliver(
                        server,
                        jobs,
                        database,
                        callbacks,
                        client == null ? delivery : delivery.withPlaintextToLoopback(),
                        tracing);
            }
            Readiness ready = new Readiness(database.store()::now, jobs::isLosingCalls, System::nanoTime);
            Settings.Page ui = settings.places().page();
            OnceLink link = client == null ? null : new OnceLink(client, System::nanoTime);
            FormLogin form = new FormLogin(authenticator, http.limits(), Login.READERS, ui.proxy());
            List<Api> pages = ui.served()
                    ? List.of(page(
                            jobs,
                            database,
                            authenticator,
                            Login.of(
                                    form::check,
                                    form::seen,
                                    form::ended,
                                    form::requestId,
                                    form::named,
                                    form::begun,
                                    link),
                            PageSettings.defaults().withActions(ui.actions()).withTraceLink(ui.traceLink())))
                    : List.of();
            server.listen(certificate, apis, internal, pages, ready);
            // At shutdown the waits end first, so that the server can complete their requests.
            server.opened(claims).start();
            server.opened(watch).start();

            out.println(LogEncoder.line("asyncjob ready %s (%s)".formatted(server.url(), database.dialect())));
            out.println(LogEncoder.line("asyncjob management " + server.managementUrl()));
            if (client != null && link != null) {
                String page = ui.served() ? server.managementUrl() + "/ui" : "";
                String once = ui.served() ? link.at(page).orElse("") : "";
                out.println(LogEncoder.line(Tour.of(server.url(), page, once, http, client, newId().value())
                        .stripTrailing()));
            }
            out.flush();
            server.awaitStop();
        }
    }

    private @Nullable JobTracing tracing(RunningServer server) {
        TraceExport traces = TraceExport.start(traceVariables);
        if (traces == null) {
            return null;
        }
        server.trace(traces);
        return JobTracing.with(traces.telemetry());
    }

    private static Map<JobKind, JobHandler> traced(@Nullable JobTracing tracing, Map<JobKind, JobHandler> handlers) {
        return tracing == null ? handlers : tracing.handlers(handlers);
    }

    private JobId newId() {
        return JobId.timeOrdered(clock.instant(), UUID.randomUUID());
    }

    private Api page(
            JobUseCases jobs, JobDatabase database, Authenticator authenticator, Login login, PageSettings settings) {
        PageSource source = new PageSource(
                jobs,
                jobs,
                jobs,
                this::newId,
                jobs,
                () -> database.store().workloads(JobMetrics.MAX_JOBS),
                database.store()::workers,
                database.store()::endedMinutes,
                database.store()::now,
                JobApi::body);
        OperatorPage page = new OperatorPage(source, login, authenticator, settings);
        return new PagesApi(page.pages(), page.forms(), page.live());
    }

    /** Works the deliveries of callbacks; the clock of the database signs them, since that of a node may be wrong. */
    private static void deliver(
            RunningServer server,
            JobUseCases jobs,
            JobDatabase database,
            CallbackEndpoints endpoints,
            CallbackSettings settings,
            @Nullable JobTracing tracing) {
        CallbackDeliverer deliverer = server.opened(new CallbackDeliverer(endpoints, settings, database.store()::now));
        WorkerSettings worker = WorkerSettings.named("callbacks")
                .withConcurrency(CallbackDeliverer.CONCURRENCY)
                .withStopTimeout(STOP_OF_DELIVERIES);
        Map<JobKind, JobHandler> handlers = traced(tracing, Map.of(Callback.KIND, deliverer));
        server.opened(new JobWorker(jobs, database.signals(), handlers, worker)).start();
    }
}
