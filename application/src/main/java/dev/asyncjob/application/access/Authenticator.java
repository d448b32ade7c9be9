package dev.asyncjob.application.access;

import java.time.Duration;

/** Decides who asks. Called once per request, possibly from many threads at once. */
@FunctionalInterface
public interface Authenticator {
    /**
     * Judges a pair of credentials; both must be good and belong to the same client.
     *
     * @param token what stood behind {@code Bearer}
     * @param apiKey the {@code api-key} header's value, possibly empty
     */
    Verdict authenticate(String token, String apiKey);

    /** What an {@link Authenticator} found. */
    sealed interface Verdict {}

    /** Both credentials are good. */
    record Granted(Access access) implements Verdict {}

    /** The token is unknown, expired or revoked. */
    record InvalidToken() implements Verdict {}

    /** The token is good, the api-key is not, or belongs to another client. */
    record InvalidApiKey() implements Verdict {}

    /** Both credentials are good, but whoever vouches for this client has barred it; the request is answered 403. */
    record Barred() implements Verdict {}

    /**
     * Nobody can tell just now; the request is answered 503.
     *
     * @param retryAfter when asking again may help
     */
    record Undecided(Duration retryAfter) implements Verdict {}
}
