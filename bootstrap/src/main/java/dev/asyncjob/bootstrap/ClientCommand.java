package dev.asyncjob.bootstrap;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/**
 * Manages who may ask. New secrets are printed once, two lines and nothing else, so that a script can take them; the
 * file holds their hashes only.
 */
@Command(name = "client", description = "Manages who may ask.", synopsisSubcommandLabel = "COMMAND")
final class ClientCommand {
    /** How a client is added, for messages. */
    static final String ADD = "client add NAME --scopes a,b";

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
                    List<String> scopes)
            throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        TreeSet<String> allowed = new TreeSet<>();
        scopes.forEach(scope -> allowed.add(argument("--scopes", scope.strip(), Scopes::known)));
        NewSecrets secrets = new NewSecrets(now());
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
            out.printf("%s %s %s%n", client.name(), String.join(",", client.scopes()), client.newest());
        }
        out.flush();
    }

    @Command(description = "Removes a client; a running server follows within a second.")
    void revoke(@Parameters(paramLabel = "NAME", description = "which client") String name) throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        existing().edit(clients -> clients.without(required(clients, owner).name()));
    }

    @Command(description = "Gives a client new secrets and prints them, once; the old ones are void.")
    void roll(@Parameters(paramLabel = "NAME", description = "which client") String name) throws IOException {
        Owner owner = argument("NAME", name, Owner::new);
        NewSecrets secrets = new NewSecrets(now());
        existing()
                .edit(clients -> clients.with(
                        new Client(owner, required(clients, owner).scopes(), secrets.apiKeys(), secrets.tokens())));
        secrets.print(out);
    }

    private ClientsFile existing() {
        ClientsFile existing = clientsFile();
        if (!Files.exists(existing.path())) {
            throw CommandFailure.failed(existing + ": no such file; '" + ADD + "' makes it");
        }
        return existing;
    }

    private ClientsFile clientsFile() {
        Path path = file != null ? file : Settings.load(environment, config).clientsFile();
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

    /** A pair of secrets on its way to its client. */
    private static final class NewSecrets {
        private final String apiKey = Secrets.newApiKey();
        private final String token = Secrets.newToken();
        private final Instant createdAt;

        NewSecrets(Instant createdAt) {
            this.createdAt = createdAt;
        }

        List<Client.Credential> apiKeys() {
            return List.of(new Client.Credential(SecretHash.of(apiKey), createdAt));
        }

        List<Client.Credential> tokens() {
            return List.of(new Client.Credential(SecretHash.of(token), createdAt));
        }

        void print(PrintWriter out) {
            out.println("api-key: " + apiKey);
            out.println("token: " + token);
            out.flush();
        }
    }
}
