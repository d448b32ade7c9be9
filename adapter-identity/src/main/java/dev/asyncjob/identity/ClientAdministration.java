package dev.asyncjob.identity;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
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
    /** The lifetime of secrets for which no other is wanted. */
    public static final Duration DEFAULT_LIFETIME = Duration.ofDays(365);

    /** How long before the end of a secret a server warns of it. */
    public static final Duration EXPIRY_NOTICE = Client.EXPIRY_NOTICE;

    private final GuardedFile<Client> file;
    private final InstantSource clock;

    /**
     * Reads nothing yet.
     *
     * @param clock tells when secrets are created, to the second
     */
    public ClientAdministration(Path clientsFile, InstantSource clock) {
        this.file = new GuardedFile<>(FileFormat.CLIENTS, clientsFile);
        this.clock = clock;
    }

    /**
     * A client as {@link #list} shows it.
     *
     * @param newestSecret when the newest secret was created; null if the client has none
     * @param secrets all of them
     */
    public record Entry(
            Owner name, SortedSet<Scope> scopes, @Nullable Instant newestSecret, List<Secret> secrets) {}

    /**
     * What is known of a secret.
     *
     * @param name its kind and when it was created, as in the security log
     * @param expiresAt when it ends; null for never
     * @param lastUse when a server last accepted it, up to a minute late; null if that is unknown
     */
    public record Secret(
            String name,
            @Nullable Instant expiresAt,
            @Nullable Instant lastUse) {}

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
        Map<String, Instant> uses = LastUses.read(file.path());
        return file.read().entrySet().stream()
                .map(client -> new Entry(
                        client.getKey(),
                        client.getValue().scopes(),
                        client.getValue().newestSecret(),
                        secrets(client.getValue(), uses)))
                .toList();
    }

    private static List<Secret> secrets(Client client, Map<String, Instant> uses) {
        return Stream.concat(
                        client.apiKeys().stream().map(apiKey -> secret("api-key", apiKey, uses)),
                        client.tokens().stream().map(token -> secret("token", token, uses)))
                .toList();
    }

    private static Secret secret(String kind, Client.Credential credential, Map<String, Instant> uses) {
        return new Secret(
                credential.name(kind),
                credential.expiresAt(),
                uses.get(credential.sha256().hex()));
    }

    /**
     * How many valid secrets end within {@link #EXPIRY_NOTICE}.
     *
     * @throws IOException if the file is missing, unreadable or malformed
     */
    public long expiring() throws IOException {
        Instant now = clock.instant();
        return file.read().values().stream()
                .flatMap(client -> Stream.concat(client.apiKeys().stream(), client.tokens().stream()))
                .filter(credential -> credential.endsSoon(now))
                .count();
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
        IssuedSecrets secrets = issue(withToken);
        Client client = new Client(
                new TreeSet<>(scopes), credentials(secrets.apiKey, lifetime), credentials(secrets.token, lifetime));
        return file.edit(clients -> clients.putIfAbsent(name, client) == null)
                ? Optional.of(secrets)
                : Optional.empty();
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
        UnaryOperator<Client> rolled = old -> {
            IssuedSecrets secrets = issue(!old.tokens().isEmpty());
            issued.set(secrets);
            return new Client(
                    old.scopes(),
                    joined(credentials(secrets.apiKey, lifetime), old.apiKeys(), overlap),
                    joined(credentials(secrets.token, lifetime), old.tokens(), overlap));
        };
        file.edit(clients -> clients.computeIfPresent(name, (same, old) -> rolled.apply(old)) != null);
        return Optional.ofNullable(issued.get());
    }

    /**
     * Removes a client.
     *
     * @return false if there is no such client
     * @throws IOException if the file cannot be changed
     */
    public boolean revoke(Owner name) throws IOException {
        return file.edit(clients -> clients.remove(name) != null);
    }

    private static IssuedSecrets issue(boolean withToken) {
        return new IssuedSecrets(Secrets.newApiKey(), withToken ? Secrets.newToken() : null);
    }

    /** What the file keeps of a new secret, if there is one. */
    private List<Client.Credential> credentials(@Nullable String secret, @Nullable Duration lifetime) {
        Instant now = now();
        Instant end = lifetime == null ? null : now.plus(lifetime);
        return secret == null ? List.of() : List.of(new Client.Credential(SecretHash.of(secret), now, end));
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
}
