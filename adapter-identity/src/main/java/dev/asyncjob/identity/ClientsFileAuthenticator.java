package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies api-keys with a {@link ClientsFile}, and tokens with the same file or, if it does not contain them, with an
 * identity provider.
 *
 * <p>A request without a valid api-key never causes a call to the provider. Both credentials must belong to the same
 * client, which may do what both allow.
 *
 * <p>An expired secret is treated like an unknown one. A request checks whether the file has changed, at most once a
 * second, so the server rejects a revoked client within a second of the change. While the file is unreadable the last
 * valid content stays in force. Safe for use from any thread.
 */
final class ClientsFileAuthenticator implements Authenticator {
    private static final long SECOND = 1_000_000_000L;

    private final ClientsFile file;
    private final TokenVerifier provider;
    private final OwnerClaim ownerClaim;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private final AtomicLong nextCheck;
    private volatile Index index;

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
            ClientsFile file,
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
        this.log = new RateLimitedLog(nanoTime, log);
        this.index = read();
        this.nextCheck = new AtomicLong(nanoTime.getAsLong() + SECOND);
    }

    @Override
    public Verdict authenticate(String token, String apiKey) {
        checkFile();
        Index current = index;
        // Both are always looked up: the response time must not reveal which one was wrong.
        Access byToken = find(current.tokens, SecretHash.of(token));
        Access byApiKey = find(current.apiKeys, SecretHash.of(apiKey));
        if (byToken != null) {
            return both(ownerClaim.verdict(byToken), byApiKey);
        }
        if (byApiKey == null) {
            return provider == TokenVerifier.NONE ? new InvalidToken() : new InvalidApiKey();
        }
        Verdict verdict = provider.verify(token, byApiKey.client());
        return verdict instanceof AskProvider ask
                ? new AskProvider(
                        ask.client(), ask.guess(), () -> ask.answer().get().thenApply(answer -> both(answer, byApiKey)))
                : both(verdict, byApiKey);
    }

    private static Verdict both(Verdict token, @Nullable Access byApiKey) {
        if (!(token instanceof Granted granted)) {
            return token;
        }
        Access byToken = granted.access();
        if (byApiKey == null || !byApiKey.client().equals(byToken.client())) {
            return new InvalidApiKey();
        }
        if (byApiKey.scopes().containsAll(byToken.scopes())) {
            return granted;
        }
        Set<Scope> scopes = new HashSet<>(byToken.scopes());
        scopes.retainAll(byApiKey.scopes());
        return new Granted(new Access(byToken.client(), byToken.owner(), scopes));
    }

    private void checkFile() {
        long now = nanoTime.getAsLong();
        long due = nextCheck.get();
        if (now - due >= 0 && nextCheck.compareAndSet(due, now + SECOND)) {
            readIfChanged();
        }
    }

    private synchronized void readIfChanged() {
        try {
            if (!file.stamp().equals(index.stamp)) {
                index = read();
            }
        } catch (IOException e) {
            log.accept("the last valid clients stay in force: " + ErrorMessages.of(e));
        }
    }

    private Index read() throws IOException {
        ClientsFile.Stamp stamp = file.stamp(); // first, so that the next check sees a change in between
        Map<Owner, Client> clients = file.read();
        return new Index(stamp, Index.of(clients, Client::tokens), Index.of(clients, Client::apiKeys));
    }

    private @Nullable Access find(Map<Long, List<Entry>> entries, SecretHash hash) {
        Instant now = clock.instant();
        Access found = null;
        for (Entry entry : entries.getOrDefault(hash.bucket(), List.of())) {
            if (entry.credential.sha256().matches(hash) && !entry.credential.isExpired(now)) {
                found = entry.access;
            }
        }
        return found;
    }

    private record Entry(Client.Credential credential, Access access) {}

    /** One version of the file, indexed by hash. */
    private record Index(ClientsFile.Stamp stamp, Map<Long, List<Entry>> tokens, Map<Long, List<Entry>> apiKeys) {
        static Map<Long, List<Entry>> of(
                Map<Owner, Client> clients, Function<Client, List<Client.Credential>> credentials) {
            Map<Long, List<Entry>> index = new HashMap<>();
            clients.forEach((name, client) -> {
                Access access = new Access(name, client.scopes());
                for (Client.Credential credential : credentials.apply(client)) {
                    index.computeIfAbsent(credential.sha256().bucket(), bucket -> new ArrayList<>())
                            .add(new Entry(credential, access));
                }
            });
            return index;
        }
    }
}
