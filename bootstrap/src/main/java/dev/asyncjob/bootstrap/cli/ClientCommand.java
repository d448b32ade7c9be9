package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.config.SettingKey;
import dev.asyncjob.bootstrap.config.SettingValues;
import dev.asyncjob.bootstrap.config.SettingsReader;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.ClientAdministration;
import dev.asyncjob.identity.ClientAdministration.IssuedSecrets;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * Manages the clients of the clients file. New secrets are printed once, a line each and nothing else, so that a script
 * can read them.
 */
@Command(name = "client", description = "Manages the clients of the server.", synopsisSubcommandLabel = "COMMAND")
public final class ClientCommand {
    /** The command that adds a client, for messages. */
    public static final String ADD = "client add NAME --scopes a,b";

    private static final Duration SHORTEST_TIME = Duration.ofSeconds(1);
    private static final Duration LONGEST_TIME = Duration.ofDays(3650);

    /** {@link ClientAdministration#DEFAULT_LIFETIME}. */
    private static final String YEAR = "365d";

    private static final String NEVER = "never";

    private final Map<String, String> environment;
    private final Clock clock;
    private final PrintWriter out;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = {
                "the clients file; otherwise the setting auth.clients-file",
                "for callback: the callbacks file; otherwise the setting callbacks.file"
            })
    private @Nullable Path file;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "a file with settings, as for serve")
    private @Nullable Path config;

    ClientCommand(Map<String, String> environment, Clock clock, PrintWriter out) {
        this.environment = environment;
        this.clock = clock;
        this.out = out;
    }

    @Command(description = "Adds a client and prints its secrets, once.")
    void add(
            @Parameters(paramLabel = "NAME", description = "the name as which it owns jobs") String name,
            @Option(
                            names = "--scopes",
                            paramLabel = "SCOPE",
                            required = true,
                            split = ",",
                            description = "what it may do, separated by commas")
                    List<String> scopes,
            @Option(names = "--no-token", description = "issue an api-key only: its tokens come from a provider")
                    boolean noToken,
            @Option(
                            names = "--expires",
                            paramLabel = "TIME",
                            defaultValue = YEAR,
                            description = "how long its secrets are valid, as 90d, or never; a year by default")
                    String expires)
            throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        TreeSet<Scope> allowed = new TreeSet<>();
        scopes.forEach(scope -> allowed.add(argument("--scopes", scope.strip(), Scope::parse)));
        Duration lifetime = expires.equals(NEVER) ? null : duration("--expires", expires);
        print(new ClientAdministration(clientsFile(), clock)
                .add(owner, allowed, !noToken, lifetime)
                .orElseThrow(() -> new CommandFailure(
                        CommandFailure.FAILED,
                        "client %s exists; 'client roll' gives it new secrets".formatted(owner))));
    }

    @Command(
            description = {
                "Lists the clients: name, scopes, and when the newest secret was made;",
                "then each secret: when it was made, when it expires, and when a server last accepted it."
            })
    void list() throws IOException {
        for (ClientAdministration.Entry client : existingClients().list()) {
            out.println("%s %s %s"
                    .formatted(
                            client.name(),
                            client.scopes().stream().map(Scope::text).collect(Collectors.joining(",")),
                            Objects.requireNonNullElse(client.newestSecret(), "never")));
            client.secrets()
                    .forEach(secret -> out.println("  %s expires %s%s, last use %s"
                            .formatted(
                                    secret.name(),
                                    Objects.requireNonNullElse(secret.expiresAt(), NEVER),
                                    remark(secret.expiresAt()),
                                    Objects.requireNonNullElse(secret.lastUse(), "unknown"))));
        }
        out.flush();
    }

    private String remark(@Nullable Instant end) {
        Instant now = clock.instant();
        if (end == null || end.isAfter(now.plus(ClientAdministration.EXPIRY_NOTICE))) {
            return "";
        }
        return end.isAfter(now) ? " (soon)" : " (expired)";
    }

    @Command(description = "Removes a client; a running server follows within a second.")
    void revoke(@Parameters(paramLabel = "NAME", description = "the client") String name) throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        if (!existingClients().revoke(owner)) {
            throw noSuchClient(owner);
        }
    }

    @Command(description = "Gives a client new secrets and prints them, once; the old ones are void.")
    void roll(
            @Parameters(paramLabel = "NAME", description = "the client") String name,
            @Option(names = "--keep-old", paramLabel = "TIME", description = "how long old ones stay valid, as 7d")
                    @Nullable
                    String keepOld,
            @Option(
                            names = "--expires",
                            paramLabel = "TIME",
                            defaultValue = YEAR,
                            description = "how long new ones are valid, as 90d, or never; a year by default")
                    String expires)
            throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        Duration lifetime = expires.equals(NEVER) ? null : duration("--expires", expires);
        Duration overlap = duration("--keep-old", keepOld);
        print(existingClients().roll(owner, lifetime, overlap).orElseThrow(() -> noSuchClient(owner)));
    }

    private void print(IssuedSecrets secrets) {
        out.println("api-key: " + secrets.apiKey());
        if (secrets.token() != null) {
            out.println("token: " + secrets.token());
        }
        out.flush();
    }

    static @Nullable Duration duration(String label, @Nullable String time) {
        return time == null
                ? null
                : argument(
                        label,
                        time,
                        text -> SettingValues.within(SHORTEST_TIME, LONGEST_TIME, SettingValues.duration(text)));
    }

    private ClientAdministration existingClients() {
        Path existing = clientsFile();
        if (!Files.exists(existing)) {
            throw new CommandFailure(CommandFailure.FAILED, existing + ": no such file; '" + ADD + "' makes it");
        }
        return new ClientAdministration(existing, clock);
    }

    private Path clientsFile() {
        Path path =
                file != null ? file : SettingsReader.load(environment, config).clientsFile();
        if (path == null) {
            throw new CommandFailure(
                    CommandFailure.MISUSED,
                    "no clients file is named: set --file or " + SettingKey.AUTH_CLIENTS_FILE.environmentName());
        }
        return path.toAbsolutePath();
    }

    /** The callbacks file; null if none is named. */
    @Nullable
    Path callbacksFile() {
        return file != null ? file : SettingsReader.load(environment, config).callbacksFile();
    }

    /** The clients file that the settings name; null if none is, or the settings are not read. */
    @Nullable
    Path knownClients() {
        return file != null ? null : SettingsReader.load(environment, config).clientsFile();
    }

    private static CommandFailure noSuchClient(Owner name) {
        return new CommandFailure(CommandFailure.FAILED, "there is no client " + name);
    }

    static <T> T argument(String label, String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (InvalidValueException e) {
            throw new CommandFailure(CommandFailure.MISUSED, label + ": " + e.getMessage());
        }
    }
}
