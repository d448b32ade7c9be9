package dev.asyncjob.http.internal.access;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.settings.HttpLimits;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.util.Optional;
import org.eclipse.jetty.server.Request;

/**
 * An authenticator with the limit of failed logins of all gates that share it. Safe for use from any thread.
 *
 * <p>Failures are counted by address, and by address and client where the api-key is valid. The second count decides
 * before the identity provider is asked about a token that may be a guess: a client that guesses neither loads the
 * provider nor takes from the limit of other clients behind the same address.
 */
public final class Logins implements Authenticator {
    private final Authenticator authenticator;
    private final ClientAddress addresses;
    private final RateLimiter failures;

    private record ClientAt(Owner client, InetAddress address) {}

    /** One set of counters. */
    public Logins(Authenticator authenticator, HttpLimits limits) {
        this.authenticator = authenticator;
        this.addresses = new ClientAddress(limits.trusted());
        this.failures = new RateLimiter("failed-logins", limits.failedLogins(), TimeMeter.SYSTEM_NANOTIME);
    }

    /** The authenticator itself if it has such counters already, so that gates share them. */
    static Logins of(Authenticator authenticator, HttpLimits limits) {
        return authenticator instanceof Logins shared ? shared : new Logins(authenticator, limits);
    }

    @Override
    public Verdict authenticate(String token, String apiKey) {
        return authenticator.authenticate(token, apiKey);
    }

    /** @throws dev.asyncjob.http.internal.exchange.ApiError 429 if the client may not guess from this address now */
    void requireRoomToGuess(Request request, Owner client) {
        failures.requireRoom(new ClientAt(client, addresses.of(request)));
    }

    /**
     * Counts a failed login.
     *
     * @param client the client whose api-key is valid, if the provider was asked about the token
     * @throws dev.asyncjob.http.internal.exchange.ApiError 429 if there are too many
     */
    void failed(Request request, Optional<Owner> client) {
        InetAddress address = addresses.of(request);
        client.ifPresent(name -> failures.count(new ClientAt(name, address)));
        failures.count(address);
    }
}
