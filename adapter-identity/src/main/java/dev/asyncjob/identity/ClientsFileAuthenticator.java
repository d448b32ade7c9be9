package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
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
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges credentials: an api-key by a {@link ClientsFile}, a token by the same file or, if it is not in there, by an
 * identity provider.
 *
 * <p>Who has no good api-key never makes this server ask the provider. Both credentials must belong to the same client,
 * which may do what both allow.
 *
 * <p>A secret whose time is over is as if it had never been. It looks at most once a second, and only when asked,
 * whether the file has changed, so a revoked client is out within a second of the change. While the file is unreadable
 * the last good content stays in force. Safe for use from any thread.
 */
public final class ClientsFileAuthenticator implements Authenticator {
    private static final Logger LOG = System.getLogger(ClientsFileAuthenticator.class.getName());
    private static final long SECOND = 1_000_000_000L;
    private static final long MINUTE = 60 * SECOND;

    private final ClientsFile file;
    private final TokenVerifier provider;
    private final OwnerClaim ownerClaim;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<String> complaints;
    private final AtomicLong nextLook;
    private volatile Known known;
    private long nextComplaint;

    /**
     * Reads the file.
     *
     * @param provider judges the tokens that the file does not know
     * @param ownerClaim whose jobs are seen with the tokens of the file
     * @param clock what the end of a secret is compared with
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param complaints told, at most once a minute, that the file has become unreadable
     * @throws IOException if the file cannot be read
     */
    ClientsFileAuthenticator(
            ClientsFile file,
            TokenVerifier provider,
            OwnerClaim ownerClaim,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<String> complaints)
            throws IOException {
        this.file = file;
        this.provider = provider;
        this.ownerClaim = ownerClaim;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.complaints = complaints;
        this.known = read();
        this.nextComplaint = nanoTime.getAsLong();
        this.nextLook = new AtomicLong(nextComplaint + SECOND);
    }

    /** The same with complaints in the log. */
    public static ClientsFileAuthenticator of(
            ClientsFile file, TokenVerifier provider, OwnerClaim ownerClaim, InstantSource clock) throws IOException {
        return new ClientsFileAuthenticator(
                file, provider, ownerClaim, clock, System::nanoTime, complaint -> LOG.log(Level.ERROR, complaint));
    }

    @Override
    public Verdict authenticate(String token, String apiKey) {
        lookNowAndThen();
        Known current = known;
        // Both are always looked up: how long the answer takes must not tell which one was wrong.
        Access byToken = find(current.tokens, SecretHash.of(token));
        Access byApiKey = find(current.apiKeys, SecretHash.of(apiKey));
        if (byToken != null) {
            return both(ownerClaim.verdict(byToken), byApiKey);
        }
        if (byApiKey == null) {
            return provider == TokenVerifier.NONE ? new InvalidToken() : new InvalidApiKey();
        }
        return both(provider.of(token), byApiKey);
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

    private void lookNowAndThen() {
        long now = nanoTime.getAsLong();
        long due = nextLook.get();
        if (now - due >= 0 && nextLook.compareAndSet(due, now + SECOND)) {
            look(now);
        }
    }

    private synchronized void look(long now) {
        try {
            if (!file.stamp().equals(known.stamp)) {
                known = read();
            }
        } catch (IOException e) {
            if (now - nextComplaint >= 0) {
                nextComplaint = now + MINUTE;
                complaints.accept("the last good clients stay in force: " + ErrorMessages.of(e));
            }
        }
    }

    private Known read() throws IOException {
        ClientsFile.Stamp stamp = file.stamp(); // first, so that a change in between is seen at the next look
        return new Known(stamp, file.read());
    }

    private @Nullable Access find(Map<Long, List<Entry>> entries, SecretHash hash) {
        Instant now = clock.instant();
        Access found = null;
        for (Entry entry : entries.getOrDefault(hash.bucket(), List.of())) {
            if (entry.credential.sha256().matches(hash) && !entry.credential.isOver(now)) {
                found = entry.access;
            }
        }
        return found;
    }

    private record Entry(Client.Credential credential, Access access) {}

    /** One version of the file, ready to be searched. */
    private static final class Known {
        private final ClientsFile.Stamp stamp;
        private final Map<Long, List<Entry>> tokens = new HashMap<>();
        private final Map<Long, List<Entry>> apiKeys = new HashMap<>();

        Known(ClientsFile.Stamp stamp, Clients clients) {
            this.stamp = stamp;
            for (Client client : clients.all()) {
                Access access = new Access(client.name(), client.scopes());
                index(client.tokens(), access, tokens);
                index(client.apiKeys(), access, apiKeys);
            }
        }

        private static void index(List<Client.Credential> credentials, Access access, Map<Long, List<Entry>> into) {
            for (Client.Credential credential : credentials) {
                into.computeIfAbsent(credential.sha256().bucket(), bucket -> new ArrayList<>())
                        .add(new Entry(credential, access));
            }
        }
    }
}
