package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.bootstrap.config.SettingKey;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.CallbackAdministration;
import dev.asyncjob.identity.ClientAdministration;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Manages the endpoints of the callbacks file. New secrets are printed once, a line each and nothing else. */
@Command(
        name = "callback",
        description = "Manages the endpoints that are called when jobs end.",
        synopsisSubcommandLabel = "COMMAND")
final class CallbackCommand {
    private static final String ADD = "client callback add NAME URL";

    private final ClientCommand parent;
    private final Clock clock;
    private final PrintWriter out;
    private final PrintWriter err;

    CallbackCommand(ClientCommand parent, Clock clock, PrintWriter out, PrintWriter err) {
        this.parent = parent;
        this.clock = clock;
        this.out = out;
        this.err = err;
    }

    @Command(description = "Registers the endpoint of a client and prints its secret, once.")
    void add(
            @Parameters(paramLabel = "NAME", description = "the client that asks for callbacks") String name,
            @Parameters(paramLabel = "URL", description = "what is called, an https URL") String url,
            @Option(
                            names = "--kinds",
                            paramLabel = "KIND",
                            split = ",",
                            description = "the kinds of jobs, separated by commas; all by default")
                    @Nullable
                    List<String> kinds)
            throws IOException {
        Owner client = client(name);
        URI target = ClientCommand.argument("URL", url, CallbackAdministration::url);
        TreeSet<JobKind> wanted = new TreeSet<>();
        if (kinds != null) {
            kinds.forEach(kind -> wanted.add(ClientCommand.argument("--kinds", kind.strip(), JobKind::new)));
        }
        print(new CallbackAdministration(file(), clock)
                .add(client, target, wanted)
                .orElseThrow(() -> new CommandFailure(
                        CommandFailure.FAILED,
                        "client %s has an endpoint; 'client callback remove' removes it".formatted(client))));
        warnIfUnknown(client);
    }

    @Command(
            description =
                    "Lists the endpoints: name, URL, kinds, when it was registered, and since when it is disabled.")
    void list() throws IOException {
        for (CallbackAdministration.Entry entry : existing().list()) {
            String kinds = entry.kinds().stream().map(JobKind::value).collect(Collectors.joining(","));
            out.println("%s %s %s %s%s"
                    .formatted(
                            entry.client(),
                            entry.url(),
                            kinds.isEmpty() ? "all" : kinds,
                            entry.createdAt(),
                            entry.disabledAt() == null ? "" : " disabled " + entry.disabledAt()));
        }
        out.flush();
    }

    @Command(description = "Removes the endpoint of a client; a running server follows within a second.")
    void remove(@Parameters(paramLabel = "NAME", description = "the client") String name) throws IOException {
        Owner client = client(name);
        if (!existing().remove(client)) {
            throw noEndpoint(client);
        }
    }

    @Command(
            description = {
                "Gives an endpoint a new secret and prints it, once; the old one is void.",
                "An endpoint that was disabled is in use again."
            })
    void roll(
            @Parameters(paramLabel = "NAME", description = "the client") String name,
            @Option(names = "--keep-old", paramLabel = "TIME", description = "how long the old one also signs, as 24h")
                    @Nullable
                    String keepOld)
            throws IOException {
        Owner client = client(name);
        print(existing()
                .roll(client, ClientCommand.duration("--keep-old", keepOld))
                .orElseThrow(() -> noEndpoint(client)));
    }

    private static Owner client(String name) {
        return ClientCommand.argument("NAME", name, text -> {
            Owner client = new Owner(text);
            if (!client.equals(client.client())) {
                throw new InvalidValueException("format", "must be a client, without a user", List.of());
            }
            return client;
        });
    }

    private void print(String secret) {
        out.println("secret: " + secret);
        out.flush();
    }

    /** A name may also be one of an identity provider. */
    private void warnIfUnknown(Owner client) {
        Path clients = parent.knownClients();
        if (clients != null && !isListed(client, clients)) {
            err.println("asyncjob: warning: %s has no client %s".formatted(clients, client));
            err.flush();
        }
    }

    private boolean isListed(Owner client, Path clients) {
        try {
            return new ClientAdministration(clients, clock)
                    .list().stream().anyMatch(entry -> entry.name().equals(client));
        } catch (IOException e) {
            return false;
        }
    }

    private CallbackAdministration existing() {
        Path existing = file();
        if (!Files.exists(existing)) {
            throw new CommandFailure(CommandFailure.FAILED, existing + ": no such file; '" + ADD + "' makes it");
        }
        return new CallbackAdministration(existing, clock);
    }

    private Path file() {
        Path path = parent.callbacksFile();
        if (path == null) {
            throw new CommandFailure(
                    CommandFailure.MISUSED,
                    "no callbacks file is named: set --file or " + SettingKey.CALLBACKS_FILE.environmentName());
        }
        return path.toAbsolutePath();
    }

    private static CommandFailure noEndpoint(Owner client) {
        return new CommandFailure(CommandFailure.FAILED, "client %s has no endpoint".formatted(client));
    }
}
