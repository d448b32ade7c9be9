package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.Owner;

/** Verifies bearer tokens. Safe for use from any thread. */
@FunctionalInterface
interface TokenVerifier {
    /** Rejects every token. */
    TokenVerifier NONE = (token, client) -> new Authenticator.InvalidToken(Authenticator.Cause.of("unknown-token"));

    /**
     * Verifies a token without waiting.
     *
     * @param token the text after {@code Bearer}: visible ASCII
     * @param client the client of the api-key that came with the token
     * @return {@link Authenticator.Granted} with the token's client and scopes, the reason why not, or
     *     {@link Authenticator.AskProvider}
     */
    Authenticator.Verdict verify(String token, Owner client);
}
