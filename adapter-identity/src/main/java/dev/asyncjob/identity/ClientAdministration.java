package dev.asyncjob.identity;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Adds, lists, changes and removes the clients of a clients file.
 *
 * <p>The file holds hashes only; new secrets are returned once. A running server follows a change within a second. A
 * method that returns has made its change durable; one that throws an {@link IOException} has changed nothing, and the
 * message can be shown to the user. For a change, a missing file counts as one without clients. Safe for use from any
 * thread, and from several processes at once.
 */
public final class ClientAdministration {
    private final ClientsFile file;
    private final InstantSource clock;

    /**
     * Reads nothing yet.
     *
     * @param clock tells when secrets are created, to the second
     */
    public ClientAdministration(Path clientsFile, InstantSource clock) {
        this.file = new ClientsFile(clientsFile);
        this.clock = clock;
    }

    /**
     * A client as {@link #list} shows it.
     *
     * @param newestSecret when the newest secret was created; null if the client has none
     */
    public record Entry(
            Owner name, SortedSet<Scope> scopes, @Nullable Instant newestSecret) {}

    /**
     * New secrets of a client, in clear text.
     *
     * @param token null if the client's tokens come from an identity provider
     */
    public record IssuedSecrets(String apiKey, @Nullable String token) {
        /** Contains no secret. */
        @Override
        public String toString() {
            return "IssuedSecrets";
        }
    }

    /**
     * All clients, in the order of the file.
     *
     * @throws IOException if the file is missing, unreadable or malformed
     */
    public List<Entry> list() throws IOException {
        return file.read().all().stream()
                .map(client -> new Entry(client.name(), client.scopes(), client.newestSecret()))
                .toList();
    }

    /**
     * Adds a client.
     *
     * @param withToken whether to issue a token beside the api-key
     * @param lifetime how long the secrets are valid; null for no limit
     * @return the secrets; empty if a client of this name exists, which stays as it is
     * @throws IOException if the file cannot be changed
     */
    public Optional<IssuedSecrets> add(
            Owner name, Collection<Scope> scopes, boolean withToken, @Nullable Duration lifetime) throws IOException {
        NewSecrets secrets = new NewSecrets(now(), lifetime, withToken);
        Client client = new Client(name, new TreeSet<>(scopes), secrets.apiKeys, secrets.tokens);
        boolean added = file.edit(clients -> clients.find(name).isPresent() ? null : clients.with(client));
        return added ? Optional.of(secrets.issued) : Optional.empty();
    }

    /**
     * Gives a client new secrets: an api-key, and a token if the client has tokens in the file.
     *
     * @param lifetime how long the new secrets are valid; null for no limit
     * @param overlap how long the old secrets stay valid, unless they end sooner anyway; null to void them at once
     * @return the secrets; empty if there is no such client
     * @throws IOException if the file cannot be changed
     */
    public Optional<IssuedSecrets> roll(Owner name, @Nullable Duration lifetime, @Nullable Duration overlap)
            throws IOException {
        AtomicReference<@Nullable IssuedSecrets> issued = new AtomicReference<>();
        file.edit(clients -> {
            Client old = clients.find(name).orElse(null);
            if (old == null) {
                return null;
            }
            NewSecrets secrets = new NewSecrets(now(), lifetime, !old.tokens().isEmpty());
            issued.set(secrets.issued);
            return clients.with(new Client(
                    name,
                    old.scopes(),
                    joined(secrets.apiKeys, old.apiKeys(), overlap),
                    joined(secrets.tokens, old.tokens(), overlap)));
        });
        return Optional.ofNullable(issued.get());
    }

    /**
     * Removes a client.
     *
     * @return false if there is no such client
     * @throws IOException if the file cannot be changed
     */
    public boolean revoke(Owner name) throws IOException {
        return file.edit(clients -> clients.find(name).isPresent() ? clients.without(name) : null);
    }

    private List<Client.Credential> joined(
            List<Client.Credential> fresh, List<Client.Credential> old, @Nullable Duration overlap) {
        List<Client.Credential> joined = new ArrayList<>(fresh);
        if (overlap != null) {
            Instant now = now();
            old.stream()
                    .filter(credential -> !credential.isExpired(now))
                    .map(credential -> credential.until(now.plus(overlap)))
                    .forEach(joined::add);
        }
        return joined;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Secrets in clear text, and the credentials that the file keeps of them. */
    private static final class NewSecrets {
        private final IssuedSecrets issued;
        private final List<Client.Credential> apiKeys;
        private final List<Client.Credential> tokens;

        NewSecrets(Instant now, @Nullable Duration lifetime, boolean withToken) {
            Instant end = lifetime == null ? null : now.plus(lifetime);
            String apiKey = Secrets.newApiKey();
            String token = withToken ? Secrets.newToken() : null;
            issued = new IssuedSecrets(apiKey, token);
            apiKeys = List.of(new Client.Credential(SecretHash.of(apiKey), now, end));
            tokens = token == null ? List.of() : List.of(new Client.Credential(SecretHash.of(token), now, end));
        }
    }
}
