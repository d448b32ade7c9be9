package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;

/** Verifies bearer tokens. Safe for use from any thread. */
@FunctionalInterface
interface TokenVerifier {
    /** Rejects every token. */
    TokenVerifier NONE = token -> new Authenticator.InvalidToken();

    /**
     * Verifies a token; blocks until the identity provider has answered, if it must be called, and at most until its
     * time limit.
     *
     * @param token the text after {@code Bearer}: visible ASCII
     * @return {@link Authenticator.Granted} with the token's client and scopes, or the reason why not
     */
    Authenticator.Verdict verify(String token);
}
