package dev.asyncjob.application.access;

import dev.asyncjob.domain.Owner;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Identifies the client of a request. Called once per request, and never waits for another system. Implementations are
 * safe for use from any thread.
 */
@FunctionalInterface
public interface Authenticator {
    /**
     * Checks a pair of credentials; both must be valid and belong to the same client.
     *
     * @param token the token after {@code Bearer}
     * @param apiKey the {@code api-key} header's value, possibly empty
     */
    Verdict authenticate(String token, String apiKey);

    /**
     * Identifies the client by anything else in the request, such as a cookie, the application's principal or a client
     * certificate. Called before the pair of credentials is looked at, which then need not be there.
     *
     * @return empty if the pair of credentials decides, as always by default
     */
    default Optional<Verdict> authenticate(IncomingRequest request) {
        return Optional.empty();
    }

    /** A request without its body, which is not read yet. For use until the verdict only. */
    interface IncomingRequest {
        /** Returns the path as it was sent, without the query. */
        String path();

        /** Returns the values of a header, one for each line; names are the same in either case. */
        List<String> headers(String name);

        /** Returns the values of a cookie. */
        List<String> cookies(String name);

        /** Returns whom the server that contains this API has authenticated, such as a security handler of Jetty. */
        Optional<Principal> principal();

        /** Returns the client's certificate and those that signed it; empty without one. */
        List<X509Certificate> certificates();

        /** Returns an attribute that a handler before this API has set. */
        Optional<Object> attribute(String name);
    }

    /** The result of {@link Authenticator#authenticate}. */
    sealed interface Verdict {}

    /**
     * Both credentials are valid.
     *
     * @param key the name of the api-key, as in {@link Cause}; empty if unknown
     */
    record Granted(Access access, String key) implements Verdict {
        /** Both credentials are valid; the api-key has no name. */
        public Granted(Access access) {
            this(access, "");
        }
    }

    /** The token is unknown, expired or revoked. */
    record InvalidToken(Cause cause) implements Verdict {}

    /** The token is valid, the api-key is not, or belongs to another client. */
    record InvalidApiKey(Cause cause) implements Verdict {}

    /** Both credentials are valid, but the identity provider has barred the client; the request is answered 403. */
    record Barred() implements Verdict {}

    /**
     * The credentials cannot be checked at the moment; the request is answered 503.
     *
     * @param retryAfter when a new request may succeed
     */
    record Undecided(Duration retryAfter) implements Verdict {}

    /**
     * Only the identity provider can decide, and the caller chooses whether it is asked.
     *
     * @param client the client of the api-key, which is valid
     * @param guess whether the token may be a guess that costs the provider a request: it is to be asked within a limit
     *     of failures only
     * @param answer asks the provider without waiting; the stage completes within seconds, never exceptionally, and
     *     never with this type
     */
    record AskProvider(Owner client, boolean guess, Supplier<CompletionStage<Verdict>> answer) implements Verdict {}

    /** The name of the logger for refusals of access and changes of credentials, as lines of JSON. */
    String SECURITY_LOG = "dev.asyncjob.security";

    /**
     * Why access was refused, for the {@linkplain #SECURITY_LOG security log} only: no response shows it.
     *
     * @param reason a few words of ours, joined by hyphens
     * @param client the client of the credential that is valid, or was; empty if there is none
     * @param key that credential: {@code api-key} or {@code token}, and when it was created; empty if unknown
     */
    record Cause(String reason, Optional<Owner> client, String key) {
        /** Nothing but the reason is known. */
        public static Cause of(String reason) {
            return new Cause(reason, Optional.empty(), "");
        }
    }
}
