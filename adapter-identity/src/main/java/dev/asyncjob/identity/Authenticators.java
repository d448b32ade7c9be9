package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * Makes {@link Authenticator}s. They need no closing: their threads are daemons and end when idle. One that is
 * {@link AutoCloseable} keeps when secrets were last used; closing it keeps the last minute too.
 */
public final class Authenticators {
    private static final Logger LOG = System.getLogger(Authenticators.class.getName());

    private Authenticators() {}

    /**
     * Accepts the clients of a file, with tokens of that file or of an identity provider.
     *
     * <p>The file is read now and checked for changes at most once a second. A provider that cannot be reached now is
     * tried again later.
     *
     * @param clientsFile as {@link ClientAdministration} writes it
     * @param provider {@link IdentitySettings#none()} if all tokens are in the file
     * @param clock what the end of secrets and tokens is compared with
     * @throws IOException if the clients file cannot be read, or the provider's key file has no usable key; the message
     *     can be shown to the user
     */
    public static Authenticator ofClientsFile(Path clientsFile, IdentitySettings provider, InstantSource clock)
            throws IOException {
        TokenVerifier verifier =
                TokenVerifiers.of(provider, clock, System::nanoTime, line -> LOG.log(Level.WARNING, line));
        return new ClientsFileAuthenticator(
                new GuardedFile<>(FileFormat.CLIENTS, clientsFile),
                verifier,
                provider.ownership(),
                clock,
                System::nanoTime,
                line -> LOG.log(Level.ERROR, line));
    }

    /**
     * Asks the provider for its keys, and its introspection endpoint about an invented token; waits for some seconds at
     * most.
     *
     * @param clock as for {@link #ofClientsFile}
     * @return for each of {@code keys} and {@code introspection} that the settings name, what is wrong with it; empty
     *     text for nothing
     */
    public static Map<String, String> problems(IdentitySettings provider, InstantSource clock) {
        return TokenVerifiers.problems(provider, clock);
    }

    /** Accepts one token together with one api-key, and grants {@code access} for this pair. */
    public static Authenticator ofPair(Access access, String token, String apiKey) {
        SecretHash tokenHash = SecretHash.of(token);
        SecretHash apiKeyHash = SecretHash.of(apiKey);
        return (sentToken, sentApiKey) -> {
            // Both are always compared: the response time must not reveal which one was wrong.
            boolean goodApiKey = apiKeyHash.matches(SecretHash.of(sentApiKey));
            if (!tokenHash.matches(SecretHash.of(sentToken))) {
                return new Authenticator.InvalidToken(Authenticator.Cause.of("unknown-token"));
            }
            return goodApiKey
                    ? new Authenticator.Granted(access)
                    : new Authenticator.InvalidApiKey(Authenticator.Cause.of("unknown-api-key"));
        };
    }
}
