package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.InvalidSettings;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.config.SettingsReader;
import dev.asyncjob.bootstrap.ops.LogEncoder;
import dev.asyncjob.identity.Authenticators;
import dev.asyncjob.identity.ClientAdministration;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line.
 *
 * <p>Results go to standard output, errors to standard error, a line each; a stack trace goes to the log only, at
 * DEBUG. Exit codes: 0, or those of {@link CommandFailure}.
 */
@Command(
        name = "asyncjob",
        description = "A server for the status of asynchronous jobs.",
        synopsisSubcommandLabel = "COMMAND",
        footer = "%nSettings: --config FILE, ASYNCJOB_CONFIG, or variables such as ASYNCJOB_HTTP_PORT.")
public final class Cli {
    private static final String CONFIG = "a HOCON, JSON or properties file with keys under asyncjob.";

    private final Map<String, String> environment;
    private final Clock clock;
    private final ServerCommands commands;
    private final PrintWriter out;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "show the version")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean version;

    private Cli(Map<String, String> environment, Clock clock, ServerCommands commands, PrintWriter out) {
        this.environment = environment;
        this.clock = clock;
        this.commands = commands;
        this.out = out;
    }

    /**
     * Runs one command line.
     *
     * @return the exit code
     */
    public static int run(
            List<String> arguments,
            Map<String, String> environment,
            Clock clock,
            ServerCommands commands,
            PrintWriter out,
            PrintWriter err) {
        ClientCommand client = new ClientCommand(environment, clock, out);
        Cli cli = new Cli(environment, clock, commands, out);
        CommandLine commandLine = new CommandLine(cli)
                .addSubcommand(new CommandLine(client).addSubcommand(new CallbackCommand(client, clock, out, err)))
                .addSubcommand(new BulkCommand.Cancel(cli::statusCommands))
                .addSubcommand(new BulkCommand.Retry(cli::statusCommands))
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((e, args) -> misuse(e, err))
                .setExecutionExceptionHandler((e, command, parsed) -> failure(e, err));
        commandLine.getCommandSpec().version(version());
        return commandLine.execute(arguments.toArray(String[]::new));
    }

    @Command(description = "Runs the server.")
    void serve(@Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config)
            throws Exception {
        prepareLog(config);
        Settings settings = SettingsReader.loadWithClients(
                environment,
                config,
                "must be set: the server accepts no requests without credentials; '%s' creates the file"
                        .formatted(ClientCommand.ADD));
        Authenticator authenticator = authenticator(settings);
        commands.serve(settings, authenticator);
    }

    @Command(description = "Runs the server with a simulated component, for trying out clients.")
    void sandbox(@Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config)
            throws Exception {
        prepareLog(config);
        Settings settings = SettingsReader.load(environment, config);
        commands.sandbox(settings);
    }

    @Command(description = "Brings the schema of the database up to date.")
    void migrate(@Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config)
            throws Exception {
        prepareLog(config);
        Settings settings = SettingsReader.load(environment, config);
        commands.migrate(settings);
    }

    @Command(
            description = {
                "Examines the settings, the files, the database and the identity provider, and says what to do.",
                "Exit code: 0 nothing to do, 1 warnings, 2 faults."
            })
    int doctor(
            @Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config,
            @Option(
                            names = "--bundle",
                            paramLabel = "FILE",
                            description = "also make a zip file for those who help, without secrets")
                    @Nullable
                    Path bundle)
            throws IOException {
        prepareLog(config);
        return new DoctorCommand(environment, clock, out, version()).run(config, bundle);
    }

    @Command(
            description = {
                "Prints the status of a job (ASYNCJOB_URL, ASYNCJOB_TOKEN, ASYNCJOB_API_KEY).",
                "Exit code: 0 DONE, 1 PENDING, 2 FAILED, 3 not found, 4 no answer.",
                "Of several jobs it prints a line each; the exit code is the highest of theirs."
            })
    int status(@Parameters(paramLabel = "ID", arity = "1..*", description = "ids of jobs") List<String> ids) {
        StatusCommands status = statusCommands();
        return ids.size() == 1 ? status.status(ids.get(0)) : status.statuses(ids);
    }

    @Command(
            description = {
                "Prints the status of a job until it has ended (variables as for status).",
                "Exit code: 0 DONE, 2 FAILED, 3 not found, 4 no answer."
            })
    int watch(@Parameters(paramLabel = "ID", description = "id of the job") String id) {
        return statusCommands().watch(id);
    }

    @Command(
            description = {
                "Prints why a job is as it is, and its attempts (variables as for status).",
                "Exit code: 0 explained, 3 not found, 4 no answer."
            })
    int explain(
            @Parameters(paramLabel = "ID", description = "id of the job") String id,
            @Option(
                            names = "--language",
                            paramLabel = "TAG",
                            defaultValue = "en",
                            description = "en or uk; default: ${DEFAULT-VALUE}")
                    String language) {
        return statusCommands().explain(id, language);
    }

    @Command(
            description = {
                "Makes a new job in the place of one that failed, and prints its status (as pause).",
                "Exit code: 0 made, 3 not found, 4 not made or no answer."
            })
    int retry(@Parameters(paramLabel = "ID", description = "id of the job that failed") String id) {
        return statusCommands().retry(id);
    }

    @Command(
            description = {
                "Prints what is set for each kind (variables as for status; job:admin or job:read-all).",
                "Exit code: 0, or 4 no answer."
            })
    int kinds() {
        return new KindCommands(statusCommands()).kinds();
    }

    @Command(
            description = {
                "Pauses a kind on all nodes: no worker gets a job of it (variables as for status; job:admin).",
                "Exit code: 0 paused, 4 no answer."
            })
    int pause(
            @Parameters(paramLabel = "KIND", description = "kind of jobs") String kind,
            @Option(names = "--reason", paramLabel = "TEXT", description = "why, for other operators") @Nullable
                    String reason) {
        return new KindCommands(statusCommands()).pause(kind, reason);
    }

    @Command(description = {"Ends the pause of a kind (as pause).", "Exit code: 0 resumed, 4 no answer."})
    int resume(@Parameters(paramLabel = "KIND", description = "kind of jobs") String kind) {
        return new KindCommands(statusCommands()).resume(kind);
    }

    @Command(
            description = {
                "Limits how many jobs of a kind run on all nodes together (as pause).",
                "Exit code: 0 limited, 4 no answer."
            })
    int limit(
            @Parameters(paramLabel = "KIND", description = "kind of jobs") String kind,
            @Parameters(paramLabel = "N", description = "1 to 100000, or none to remove the limit") String running) {
        return new KindCommands(statusCommands()).limit(kind, running);
    }

    private StatusCommands statusCommands() {
        return new StatusCommands(environment, clock, out, CommandLine.Help.Ansi.AUTO.enabled());
    }

    private Authenticator authenticator(Settings settings) throws IOException {
        Path file = Objects.requireNonNull(settings.clientsFile()).toAbsolutePath();
        if (new ClientAdministration(file, clock).list().isEmpty()) {
            throw new CommandFailure(
                    CommandFailure.MISUSED,
                    "%s: the file has no clients; '%s' adds one".formatted(file, ClientCommand.ADD));
        }
        return Authenticators.ofClientsFile(file, settings.identity(), clock);
    }

    /** Configures the log, and sends java.util.logging to it, to which the PostgreSQL driver writes. */
    private void prepareLog(@Nullable Path config) {
        LogEncoder.configure(SettingsReader.loadLog(environment, config));
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static int misuse(CommandLine.ParameterException e, PrintWriter err) {
        List<String> suggestions =
                e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String hint = suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?";
        printError(err, CommandFailure.message(e) + hint);
        return CommandFailure.MISUSED;
    }

    private static int failure(Exception e, PrintWriter err) {
        if (e instanceof InvalidSettings settings) {
            settings.problems().forEach(problem -> printError(err, problem));
            return CommandFailure.MISUSED;
        }
        printError(err, CommandFailure.message(e));
        if (e instanceof CommandFailure failure) {
            return failure.exitCode();
        }
        System.getLogger(Cli.class.getName()).log(System.Logger.Level.DEBUG, "the command failed", e);
        return CommandFailure.FAILED;
    }

    private static void printError(PrintWriter err, String line) {
        err.println(LogEncoder.error("asyncjob: " + line));
        err.flush();
    }

    private static String version() {
        String version = Cli.class.getPackage().getImplementationVersion();
        return "asyncjob %s (Java %s)".formatted(Objects.requireNonNullElse(version, "unpackaged"), Runtime.version());
    }
}
