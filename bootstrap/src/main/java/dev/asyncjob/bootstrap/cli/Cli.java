package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.InvalidSettings;
import dev.asyncjob.bootstrap.config.Settings;
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
 * <p>What was asked for goes to standard output and everything else, a line each, to standard error; a stack trace goes
 * nowhere but to the log, at DEBUG. Exit codes: 0, or those of {@link CommandFailure}.
 */
@Command(
        name = "asyncjob",
        description = "The status of asynchronous jobs, as a server.",
        synopsisSubcommandLabel = "COMMAND",
        footer = "%nSettings: --config FILE, ASYNCJOB_CONFIG, or ASYNCJOB_ and the key, such as ASYNCJOB_HTTP_PORT.")
public final class Cli {
    private static final String CONFIG = "a HOCON, JSON or properties file with keys under asyncjob.";

    private final Map<String, String> environment;
    private final Clock clock;
    private final ServerCommands application;
    private final PrintWriter out;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help")
    @SuppressWarnings("UnusedVariable") // picocli itself acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "show the version")
    @SuppressWarnings("UnusedVariable") // picocli itself acts on it
    private boolean version;

    private Cli(Map<String, String> environment, Clock clock, ServerCommands application, PrintWriter out) {
        this.environment = environment;
        this.clock = clock;
        this.application = application;
        this.out = out;
    }

    /**
     * Carries out one command line.
     *
     * @return the exit code
     */
    public static int run(
            List<String> arguments,
            Map<String, String> environment,
            Clock clock,
            ServerCommands application,
            PrintWriter out,
            PrintWriter err) {
        CommandLine commandLine = new CommandLine(new Cli(environment, clock, application, out))
                .addSubcommand(new ClientCommand(environment, clock, out))
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
        Settings settings = Settings.loadToServe(environment, config);
        Authenticator authenticator = authenticator(settings);
        collectLogs();
        application.serve(settings, authenticator);
    }

    @Command(description = "Runs the server with a simulated component, to try a client against.")
    void sandbox(@Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config)
            throws Exception {
        Settings settings = Settings.load(environment, config);
        collectLogs();
        application.sandbox(settings);
    }

    @Command(description = "Brings the schema of the database up to date.")
    void migrate(@Option(names = "--config", paramLabel = "FILE", description = CONFIG) @Nullable Path config)
            throws Exception {
        Settings settings = Settings.load(environment, config);
        collectLogs();
        application.migrate(settings);
    }

    @Command(
            description = {
                "Asks a server how a job goes (ASYNCJOB_URL, ASYNCJOB_TOKEN, ASYNCJOB_API_KEY).",
                "Ends with 0 if it is DONE, 1 PENDING, 2 FAILED, 3 not found, 4 without an answer."
            })
    int status(@Parameters(paramLabel = "ID", description = "the job") String id) {
        return ask().status(id);
    }

    @Command(
            description = {
                "Watches a job on a server until it has ended (environment as for status).",
                "Ends with 0 if it is DONE, 2 FAILED, 3 not found, 4 without an answer."
            })
    int watch(@Parameters(paramLabel = "ID", description = "the job") String id) {
        return ask().watch(id);
    }

    private AskCommands ask() {
        return new AskCommands(environment, clock, out, CommandLine.Help.Ansi.AUTO.enabled());
    }

    private Authenticator authenticator(Settings settings) throws IOException {
        Path file = Objects.requireNonNull(settings.clientsFile()).toAbsolutePath();
        if (new ClientAdministration(file, clock).list().isEmpty()) {
            throw CommandFailure.misused(
                    "%s: the file has no clients; '%s' adds one".formatted(file, ClientCommand.ADD));
        }
        return Authenticators.ofClientsFile(file, settings.identity(), clock);
    }

    /** Leads java.util.logging, which the PostgreSQL driver writes to, where all logs go. */
    private static void collectLogs() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static int misuse(CommandLine.ParameterException e, PrintWriter err) {
        List<String> meant = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String hint = meant.isEmpty() ? "" : "; did you mean " + String.join(" or ", meant) + "?";
        complain(err, ErrorMessages.of(e) + hint);
        return CommandFailure.MISUSED;
    }

    private static int failure(Exception e, PrintWriter err) {
        if (e instanceof InvalidSettings settings) {
            settings.problems().forEach(problem -> complain(err, problem));
            return CommandFailure.MISUSED;
        }
        complain(err, ErrorMessages.of(e));
        if (e instanceof CommandFailure failure) {
            return failure.exitCode();
        }
        System.getLogger(Cli.class.getName()).log(System.Logger.Level.DEBUG, "the command failed", e);
        return CommandFailure.FAILED;
    }

    private static void complain(PrintWriter err, String line) {
        err.println("asyncjob: " + line);
        err.flush();
    }

    private static String version() {
        String version = Cli.class.getPackage().getImplementationVersion();
        return "asyncjob %s (Java %s)".formatted(Objects.requireNonNullElse(version, "unpackaged"), Runtime.version());
    }
}
