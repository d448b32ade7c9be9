package dev.asyncjob.http.internal.access;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.RequestId;
import dev.asyncjob.http.settings.HttpLimits;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * An authenticator with the limit of failed logins of all gates that share it. Safe for use from any thread.
 *
 * <p>Failures are counted by address, and by address and client where the api-key is valid. The second count decides
 * before the identity provider is asked about a token that may be a guess: a client that guesses neither loads the
 * provider nor takes from the limit of other clients behind the same address.
 */
public final class Logins implements Authenticator {
    /** The request attribute with the {@link dev.asyncjob.application.access.Authenticator.Cause} of its refusal. */
    static final String CAUSE = "dev.asyncjob.cause";

    private final Authenticator authenticator;
    private final ClientAddress addresses;
    private final RateLimiter failures;
    private final RefusalLog refusals = new RefusalLog();

    private record ClientAt(Owner client, InetAddress address) {}

    /** One set of counters. */
    public Logins(Authenticator authenticator, HttpLimits limits) {
        this.authenticator = authenticator;
        this.addresses = new ClientAddress(limits.trusted());
        this.failures = new RateLimiter("failed-logins", limits.failedLogins(), TimeMeter.SYSTEM_NANOTIME);
    }

    /** The authenticator itself if it has such counters already, so that gates share them. */
    public static Logins of(Authenticator authenticator, HttpLimits limits) {
        return authenticator instanceof Logins shared ? shared : new Logins(authenticator, limits);
    }

    @Override
    public Verdict authenticate(String token, String apiKey) {
        return authenticator.authenticate(token, apiKey);
    }

    @Override
    public Optional<Verdict> authenticate(IncomingRequest request) {
        return authenticator.authenticate(request);
    }

    /** Asks whether anything but the pair of credentials identifies the client. */
    Optional<Verdict> authenticate(Request request) {
        Optional<Verdict> verdict = authenticate(new PresentedRequest(request));
        if (verdict.isPresent()) {
            request.setAttribute(HttpExchange.OTHERWISE, true);
        }
        return verdict;
    }

    /**
     * Counts a token of which only the provider knows whether it is valid, before it is asked.
     *
     * @throws ApiError 429 if the client may not guess from this address now
     */
    void countGuess(Request request, Owner client) {
        failures.count(new ClientAt(client, addresses.of(request)));
    }

    /** Takes back a guess whose token is valid, or about which the provider has said nothing: then it is null. */
    void guessed(Request request, Owner client, @Nullable Verdict verdict) {
        if (!(verdict instanceof InvalidToken) && !(verdict instanceof InvalidApiKey)) {
            failures.takeBack(new ClientAt(client, addresses.of(request)));
        }
    }

    /**
     * Counts a failed login.
     *
     * @param client the client whose api-key is valid, if the provider was asked about a token that was no guess
     * @throws ApiError 429 if there are too many
     */
    void failed(Request request, Optional<Owner> client) {
        InetAddress address = addresses.of(request);
        client.ifPresent(name -> failures.count(new ClientAt(name, address)));
        failures.count(address);
    }

    /**
     * Judges credentials that did not come in the headers of the API. A token about which only the provider knows, and
     * which may be a guess, is not valid here.
     *
     * @param scopes any one of them is sufficient
     * @throws ApiError 401, 403, 429 or 503; logged where it refuses access
     */
    public Granted judge(Request request, String token, String apiKey, List<Scope> scopes) {
        try {
            Verdict verdict = authenticator.authenticate(token, apiKey);
            if (verdict instanceof Granted granted) {
                request.setAttribute(HttpExchange.GRANTED, granted);
                if (Collections.disjoint(scopes, granted.access().scopes())) {
                    throw ApiError.forbidden(scopes);
                }
                return granted;
            }
            if (verdict instanceof Undecided undecided) {
                throw ApiError.unavailable(undecided.retryAfter().toSeconds());
            }
            if (verdict instanceof AskProvider provider
                    && !provider.guess()) { // such as a JWT before its keys are here
                throw ApiError.unavailable(2);
            }
            request.setAttribute(CAUSE, cause(verdict));
            if (verdict instanceof Barred) {
                throw ApiError.barred();
            }
            failed(request, Optional.empty());
            throw ApiError.denied("Invalid credentials");
        } catch (ApiError e) {
            throw logged(request, e);
        }
    }

    private static Cause cause(Verdict verdict) {
        if (verdict instanceof InvalidToken token) {
            return token.cause();
        }
        if (verdict instanceof InvalidApiKey apiKey) {
            return apiKey.cause();
        }
        return verdict instanceof AskProvider provider
                ? new Cause("unknown-token", Optional.of(provider.client()), "")
                : Cause.of("barred");
    }

    /** Logs that access is refused to what came in no credentials, for a reason of ours. */
    public void refused(Request request, String reason) {
        request.setAttribute(CAUSE, Cause.of(reason));
        var unused = logged(request, ApiError.barred());
    }

    /** Logs an event of a session. */
    public void log(Request request, String event, Owner client, String key) {
        Instant at = Instant.ofEpochMilli(Request.getTimeStamp(request));
        String address = addresses.nearest(request).getHostAddress();
        refusals.write(new RefusalLog.Event(at, event, address, RequestId.of(request), client, key));
    }

    /** Logs a refusal of access, and returns it; other errors are only returned. */
    <T extends Throwable> T logged(Request request, T thrown) {
        if (thrown instanceof ApiError error && List.of(401, 403, 429).contains(error.status())) {
            InetAddress address = addresses.nearest(request);
            Instant at = Instant.ofEpochMilli(Request.getTimeStamp(request));
            refusals.add(
                    ClientAddress.network(address).getHostAddress(),
                    new RefusalLog.Refusal(
                            at,
                            address.getHostAddress(),
                            RequestId.of(request),
                            error.status(),
                            cause(request, error.status())));
        }
        return thrown;
    }

    private static Cause cause(Request request, int status) {
        if (request.getAttribute(HttpExchange.GRANTED) instanceof Granted granted) {
            String usual = status == 403 ? "missing-scope" : "too-many-requests";
            String reason = request.getAttribute(HttpExchange.REASON) instanceof String known ? known : usual;
            return new Cause(reason, Optional.of(granted.access().client()), granted.key());
        }
        return request.getAttribute(CAUSE) instanceof Cause known ? known : Cause.of("missing-credentials");
    }
}
