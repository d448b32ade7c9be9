package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.ErrorMessages;
import dev.asyncjob.identity.internal.file.GuardedFile;
import dev.asyncjob.identity.internal.file.OncePerSecond;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Verifies api-keys with a clients file, and tokens with the same file or, if it does not contain them, with an
 * identity provider.
 *
 * <p>A request without a valid api-key never causes a call to the provider. Both credentials must belong to the same
 * client, which may do what both allow.
 *
 * <p>An expired secret is treated like an unknown one. A request checks whether the file has changed, at most once a
 * second, so the server rejects a revoked client within a second of the change. While the file is unreadable the last
 * valid content stays in force. At the start and once a day it warns of secrets that end soon. {@link LastUses} keeps
 * when secrets were used. Safe for use from any thread.
 */
final class ClientsFileAuthenticator implements Authenticator, AutoCloseable {
    /** How often it warns of secrets that end soon. */
    static final Duration REMINDER = Duration.ofDays(1);

    private static final Logger LOG = System.getLogger(ClientsFileAuthenticator.class.getName());
    private static final String API_KEY = "api-key";
    private static final String TOKEN = "token";

    private final GuardedFile<Client> file;
    private final TokenVerifier provider;
    private final OwnerClaim ownerClaim;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private final OncePerSecond check;
    private final LastUses lastUses;
    private volatile Index index;
    private long nextReminder;

    /**
     * Reads the file.
     *
     * @param provider verifies the tokens that the file does not contain
     * @param ownerClaim decides whose jobs a client sees with a token of the file
     * @param clock what the expiry of a secret is compared with
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log receives, at most once a minute, a line while the file is unreadable
     * @throws IOException if the file cannot be read
     */
    ClientsFileAuthenticator(
            GuardedFile<Client> file,
            TokenVerifier provider,
            OwnerClaim ownerClaim,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<String> log)
            throws IOException {
        this.file = file;
        this.provider = provider;
        this.ownerClaim = ownerClaim;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.log = new RateLimitedLog(nanoTime, log.andThen(this::logRefused));
        this.lastUses = new LastUses(file.path());
        this.index = indexed(file.text());
        this.nextReminder = nanoTime.getAsLong();
        remind();
        this.check = new OncePerSecond(nanoTime);
    }

    @Override
    public Verdict authenticate(String token, String apiKey) {
        check.run(this::readIfChanged);
        Index current = index;
        Instant now = clock.instant();
        // Both are always looked up: the response time must not reveal which one was wrong.
        Entry byToken = find(current.tokens, SecretHash.of(token), now);
        Entry byApiKey = find(current.apiKeys, SecretHash.of(apiKey), now);
        Entry goodApiKey = byApiKey != null && byApiKey.isValid(now) ? byApiKey : null;
        if (byToken != null && byToken.isValid(now)) {
            Verdict owned = ownerClaim.verdict(byToken.access);
            if (goodApiKey != null) {
                lastUses.note(byToken.lastUse, now);
                return both(owned, goodApiKey, byToken.name);
            }
            return owned instanceof Granted ? new InvalidApiKey(cause(API_KEY, byApiKey, byToken)) : owned;
        }
        if (goodApiKey == null) {
            return provider == TokenVerifier.NONE
                    ? new InvalidToken(cause(TOKEN, byToken, byApiKey))
                    : new InvalidApiKey(cause(API_KEY, byApiKey, byToken));
        }
        Verdict verdict = provider == TokenVerifier.NONE
                ? new InvalidToken(cause(TOKEN, byToken, goodApiKey))
                : provider.verify(token, goodApiKey.access.client());
        return verdict instanceof AskProvider ask
                ? new AskProvider(
                        ask.client(),
                        ask.guess(),
                        () -> ask.answer().get().thenApply(answer -> both(answer, goodApiKey, "")))
                : both(verdict, goodApiKey, "");
    }

    /** @param byApiKey the entry of a valid api-key */
    private Verdict both(Verdict token, Entry byApiKey, String tokenName) {
        if (token instanceof InvalidToken invalid && invalid.cause().client().isEmpty()) {
            return new InvalidToken(
                    new Cause(invalid.cause().reason(), Optional.of(byApiKey.access.client()), byApiKey.name));
        }
        if (!(token instanceof Granted granted)) {
            return token;
        }
        Access byToken = granted.access();
        if (!byApiKey.access.client().equals(byToken.client())) {
            return new InvalidApiKey(new Cause("api-key-of-another-client", Optional.of(byToken.client()), tokenName));
        }
        lastUses.note(byApiKey.lastUse, clock.instant());
        if (byApiKey.access.scopes().containsAll(byToken.scopes())) {
            return new Granted(byToken, byApiKey.name);
        }
        Set<Scope> scopes = new HashSet<>(byToken.scopes());
        scopes.retainAll(byApiKey.access.scopes());
        return new Granted(new Access(byToken.client(), byToken.owner(), scopes), byApiKey.name);
    }

    /** @param refused the entry of an expired credential of this kind, if there is one */
    private static Cause cause(String kind, @Nullable Entry refused, @Nullable Entry other) {
        String reason = (refused == null ? "unknown-" : "expired-") + kind;
        Entry named = refused == null ? other : refused;
        return named == null ? Cause.of(reason) : new Cause(reason, Optional.of(named.access.client()), named.name);
    }

    private void readIfChanged() {
        try {
            String text = file.text(); // a time or a size does not tell that a file was not changed
            if (!text.equals(index.text)) {
                Index before = index;
                index = indexed(text);
                SecurityLog.writeChange(clock.instant(), "clients-changed", before.names, index.names);
            }
            remind();
        } catch (IOException e) {
            log.accept("the last valid clients stay in force: " + ErrorMessages.of(e));
        }
    }

    private void remind() {
        if (nanoTime.getAsLong() - nextReminder < 0) {
            return;
        }
        nextReminder = nanoTime.getAsLong() + REMINDER.toNanos();
        Instant now = clock.instant();
        List<String> ending = Stream.concat(index.tokens.values().stream(), index.apiKeys.values().stream())
                .flatMap(List::stream)
                .filter(entry -> entry.credential.endsSoon(now))
                .map(entry -> entry.access.client() + " " + entry.name + " ends " + entry.credential.expiresAt())
                .sorted()
                .toList();
        if (!ending.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "{0} secrets of clients end soon; ''client roll'' makes new ones: {1}",
                    ending.size(),
                    String.join(", ", ending.subList(0, Math.min(ending.size(), SecurityLog.MAX_LISTED))));
            SecurityLog.write(now, "secrets-expiring", Map.of("secrets", ending));
        }
    }

    /** Writes the last uses. */
    @Override
    public void close() {
        lastUses.close();
    }

    private void logRefused(String line) {
        SecurityLog.write(clock.instant(), "clients-refused", Map.of("reason", line));
    }

    private Index indexed(String text) throws IOException {
        Map<Owner, Client> clients = file.parse(text);
        return new Index(
                text,
                Index.of(TOKEN, clients, Client::tokens, lastUses),
                Index.of(API_KEY, clients, Client::apiKeys, lastUses),
                Index.names(clients));
    }

    /** The entry of a secret, a valid one if there are several. */
    private static @Nullable Entry find(Map<Long, List<Entry>> entries, SecretHash hash, Instant now) {
        Entry found = null;
        for (Entry entry : entries.getOrDefault(hash.bucket(), List.of())) {
            if (entry.credential.sha256().matches(hash) && (found == null || entry.isValid(now))) {
                found = entry;
            }
        }
        return found;
    }

    private record Entry(Client.Credential credential, Access access, String name, AtomicLong lastUse) {
        boolean isValid(Instant now) {
            return !credential.isExpired(now);
        }
    }

    /** One version of the file, indexed by hash, and the names of what is in it by its values. */
    private record Index(
            String text, Map<Long, List<Entry>> tokens, Map<Long, List<Entry>> apiKeys, Map<String, String> names) {
        static Map<Long, List<Entry>> of(
                String kind,
                Map<Owner, Client> clients,
                Function<Client, List<Client.Credential>> credentials,
                LastUses uses) {
            Map<Long, List<Entry>> index = new HashMap<>();
            clients.forEach((name, client) -> {
                Access access = new Access(name, client.scopes());
                for (Client.Credential credential : credentials.apply(client)) {
                    index.computeIfAbsent(credential.sha256().bucket(), bucket -> new ArrayList<>())
                            .add(new Entry(credential, access, credential.name(kind), uses.of(credential.sha256())));
                }
            });
            return index;
        }

        static Map<String, String> names(Map<Owner, Client> clients) {
            Map<String, String> names = new LinkedHashMap<>();
            clients.forEach((name, client) -> {
                String scopes = name + " with scopes "
                        + client.scopes().stream().map(Scope::text).collect(Collectors.joining(","));
                names.put(scopes, scopes);
                client.apiKeys().forEach(apiKey -> names.put(value(name, apiKey), name + " " + apiKey.name(API_KEY)));
                client.tokens().forEach(token -> names.put(value(name, token), name + " " + token.name(TOKEN)));
            });
            return names;
        }

        private static String value(Owner client, Client.Credential credential) {
            return client + " " + credential.sha256().hex() + " " + credential.expiresAt();
        }
    }
}
