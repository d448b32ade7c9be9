package dev.asyncjob.application.access;

import java.time.Duration;

/** Identifies the client of a request. Called once per request. Implementations are safe for use from any thread. */
@FunctionalInterface
public interface Authenticator {
    /**
     * Checks a pair of credentials; both must be valid and belong to the same client.
     *
     * @param token the token after {@code Bearer}
     * @param apiKey the {@code api-key} header's value, possibly empty
     */
    Verdict authenticate(String token, String apiKey);

    /** The result of {@link Authenticator#authenticate}. */
    sealed interface Verdict {}

    /** Both credentials are valid. */
    record Granted(Access access) implements Verdict {}

    /** The token is unknown, expired or revoked. */
    record InvalidToken() implements Verdict {}

    /** The token is valid, the api-key is not, or belongs to another client. */
    record InvalidApiKey() implements Verdict {}

    /** Both credentials are valid, but the identity provider has barred the client; the request is answered 403. */
    record Barred() implements Verdict {}

    /**
     * The credentials cannot be checked at the moment; the request is answered 503.
     *
     * @param retryAfter when a new request may succeed
     */
    record Undecided(Duration retryAfter) implements Verdict {}
}
