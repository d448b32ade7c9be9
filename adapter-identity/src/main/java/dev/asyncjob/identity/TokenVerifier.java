package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;

/** Says whose a bearer token is. Called from many threads at once; may take as long as its named limits allow. */
@FunctionalInterface
public interface TokenVerifier {
    /** Knows no token at all. */
    TokenVerifier NONE = token -> new Authenticator.InvalidToken();

    /**
     * Judges a token.
     *
     * @param token what stood behind {@code Bearer}: visible ASCII
     * @return {@link Authenticator.Granted} with the token's client and scopes, or why not
     */
    Authenticator.Verdict of(String token);
}
