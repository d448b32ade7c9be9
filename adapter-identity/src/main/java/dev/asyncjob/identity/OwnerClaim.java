package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;

/**
 * Whose jobs a client sees: its own, or only those of the one for whom it asks, such as a user or a legal entity, whom
 * a claim of its token names. Their owner is then {@code CLIENT/VALUE}; a client with a slash in its name could be
 * taken for two, and is barred.
 *
 * @param name the claim's name; empty if jobs belong to clients alone
 */
public record OwnerClaim(String name) {
    /** Jobs belong to clients alone. */
    public static final OwnerClaim NONE = new OwnerClaim("");

    private static final String SEPARATOR = "/";

    /**
     * What a client may do with a token about which these claims are made; it is barred if they do not name the one.
     */
    Authenticator.Verdict verdict(Access client, TokenClaims claims) {
        if (name.isEmpty()) {
            return new Authenticator.Granted(client);
        }
        return claims.json().get(name) instanceof String value ? together(client, value) : new Authenticator.Barred();
    }

    /** What a client may do with a token of its own, which names nobody: it asks for itself. */
    Authenticator.Verdict verdict(Access client) {
        return name.isEmpty() || isUnmistakable(client.client())
                ? new Authenticator.Granted(client)
                : new Authenticator.Barred();
    }

    private static Authenticator.Verdict together(Access client, String value) {
        try {
            Owner owner = new Owner(client.client() + SEPARATOR + new Owner(value));
            return isUnmistakable(client.client())
                    ? new Authenticator.Granted(new Access(client.client(), owner, client.scopes()))
                    : new Authenticator.Barred();
        } catch (InvalidValueException e) {
            return new Authenticator.Barred();
        }
    }

    private static boolean isUnmistakable(Owner client) {
        return !client.value().contains(SEPARATOR);
    }
}
