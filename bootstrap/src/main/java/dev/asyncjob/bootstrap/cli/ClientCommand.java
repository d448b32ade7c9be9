package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.config.SettingKey;
import dev.asyncjob.bootstrap.config.SettingValues;
import dev.asyncjob.bootstrap.config.SettingsReader;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.Client;
import dev.asyncjob.identity.Clients;
import dev.asyncjob.identity.ClientsFile;
import dev.asyncjob.identity.SecretHash;
import dev.asyncjob.identity.Secrets;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * Manages who may ask. New secrets are printed once, a line each and nothing else, so that a script can take them; the
 * file holds their hashes only.
 */
@Command(name = "client", description = "Manages who may ask.", synopsisSubcommandLabel = "COMMAND")
public final class ClientCommand {
    /** How a client is added, for messages. */
    public static final String ADD = "client add NAME --scopes a,b";

    private static final Duration SHORTEST_TIME = Duration.ofSeconds(1);
    private static final Duration LONGEST_TIME = Duration.ofDays(3650);

    private final Map<String, String> environment;
    private final Clock clock;
    private final PrintWriter out;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "the clients file; otherwise the setting auth.clients-file")
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
                            description = "what it may do, with commas between")
                    List<String> scopes,
            @Option(names = "--no-token", description = "make an api-key only: its tokens come from a provider")
                    boolean noToken,
            @Option(names = "--expires", paramLabel = "TIME", description = "how long its secrets are good, as 90d")
                    @Nullable
                    String expires)
            throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        TreeSet<Scope> allowed = new TreeSet<>();
        scopes.forEach(scope -> allowed.add(argument("--scopes", scope.strip(), Scope::parse)));
        NewSecrets secrets = new NewSecrets(now(), end("--expires", expires), !noToken);
        clientsFile().edit(clients -> {
            if (clients.find(owner).isPresent()) {
                throw CommandFailure.failed("client %s exists; 'client roll' gives it new secrets".formatted(owner));
            }
            return clients.with(new Client(owner, allowed, secrets.apiKeys(), secrets.tokens()));
        });
        secrets.print(out);
    }

    @Command(description = "Lists the clients: name, scopes, and when its newest secret was made.")
    void list() throws IOException {
        for (Client client : existing().read().all()) {
            out.printf(
                    "%s %s %s%n",
                    client.name(),
                    client.scopes().stream().map(Scope::text).collect(Collectors.joining(",")),
                    client.newest());
        }
        out.flush();
    }

    @Command(description = "Removes a client; a running server follows within a second.")
    void revoke(@Parameters(paramLabel = "NAME", description = "which client") String name) throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        existing().edit(clients -> clients.without(required(clients, owner).name()));
    }

    @Command(description = "Gives a client new secrets and prints them, once; the old ones are void.")
    void roll(
            @Parameters(paramLabel = "NAME", description = "which client") String name,
            @Option(names = "--keep-old", paramLabel = "TIME", description = "how long old ones stay good, as 7d")
                    @Nullable
                    String keepOld,
            @Option(names = "--expires", paramLabel = "TIME", description = "how long new ones are good, as 90d")
                    @Nullable
                    String expires)
            throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        Instant end = end("--expires", expires);
        Instant endOfOld = end("--keep-old", keepOld);
        AtomicReference<NewSecrets> made = new AtomicReference<>();
        existing().edit(clients -> {
            Client old = required(clients, owner);
            NewSecrets secrets = new NewSecrets(now(), end, !old.tokens().isEmpty());
            made.set(secrets);
            return clients.with(new Client(
                    owner,
                    old.scopes(),
                    joined(secrets.apiKeys(), kept(old.apiKeys(), endOfOld)),
                    joined(secrets.tokens(), kept(old.tokens(), endOfOld))));
        });
        Objects.requireNonNull(made.get()).print(out);
    }

    /** Those that are still good, until then. */
    private List<Client.Credential> kept(List<Client.Credential> old, @Nullable Instant end) {
        Instant now = now();
        return end == null
                ? List.of()
                : old.stream()
                        .filter(credential -> !credential.isOver(now))
                        .map(credential -> credential.until(end))
                        .toList();
    }

    private static List<Client.Credential> joined(List<Client.Credential> made, List<Client.Credential> kept) {
        return Stream.concat(made.stream(), kept.stream()).toList();
    }

    private @Nullable Instant end(String label, @Nullable String time) {
        return time == null
                ? null
                : now().plus(argument(
                        label,
                        time,
                        text -> SettingValues.within(SHORTEST_TIME, LONGEST_TIME, SettingValues.duration(text))));
    }

    private ClientsFile existing() {
        ClientsFile existing = clientsFile();
        if (!Files.exists(existing.path())) {
            throw CommandFailure.failed(existing + ": no such file; '" + ADD + "' makes it");
        }
        return existing;
    }

    private ClientsFile clientsFile() {
        Path path =
                file != null ? file : SettingsReader.load(environment, config).clientsFile();
        if (path == null) {
            throw CommandFailure.misused(
                    "which clients file? Say --file FILE or set " + SettingKey.AUTH_CLIENTS_FILE.environmentName());
        }
        return new ClientsFile(path);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    private static Client required(Clients clients, Owner name) {
        return clients.find(name).orElseThrow(() -> CommandFailure.failed("there is no client " + name));
    }

    private static <T> T argument(String label, String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (InvalidValueException e) {
            throw CommandFailure.misused(label + ": " + e.getMessage());
        }
    }

    /** Secrets on their way to their client: an api-key and, unless its tokens come from elsewhere, a token. */
    private static final class NewSecrets {
        private final String apiKey = Secrets.newApiKey();
        private final List<String> tokens;
        private final Instant createdAt;
        private final @Nullable Instant expiresAt;

        NewSecrets(Instant createdAt, @Nullable Instant expiresAt, boolean withToken) {
            this.tokens = withToken ? List.of(Secrets.newToken()) : List.of();
            this.createdAt = createdAt;
            this.expiresAt = expiresAt;
        }

        List<Client.Credential> apiKeys() {
            return List.of(kept(apiKey));
        }

        List<Client.Credential> tokens() {
            return tokens.stream().map(this::kept).toList();
        }

        private Client.Credential kept(String secret) {
            return new Client.Credential(SecretHash.of(secret), createdAt, expiresAt);
        }

        void print(PrintWriter out) {
            out.println("api-key: " + apiKey);
            tokens.forEach(token -> out.println("token: " + token));
            out.flush();
        }
    }
}
