package dev.asyncjob.identity;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.AskProvider;
import dev.asyncjob.application.access.Authenticator.Verdict;
import dev.asyncjob.domain.Owner;

/** Waits for verdicts. */
final class Verdicts {
    static final Owner CLIENT = new Owner("clinic-a");

    private Verdicts() {}

    /** The verdict about a token that comes with the api-key of {@link #CLIENT}. */
    static Verdict of(TokenVerifier verifier, String token) {
        return of(verifier, token, CLIENT);
    }

    static Verdict of(TokenVerifier verifier, String token, Owner client) {
        return of(verifier.verify(token, client));
    }

    static Verdict of(Authenticator authenticator, String token, String apiKey) {
        return of(authenticator.authenticate(token, apiKey));
    }

    static Verdict of(Verdict verdict) {
        return verdict instanceof AskProvider ask
                ? ask.answer().get().toCompletableFuture().join()
                : verdict;
    }
}
