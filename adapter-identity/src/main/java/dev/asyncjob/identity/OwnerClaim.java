package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;

/**
 * Decides whose jobs a client sees: its own, or only those of the user or organisation on whose behalf it calls, which
 * a claim of its token names. Their owner is then {@code CLIENT/VALUE}. A client with a slash in its name is barred,
 * because its name could be read as such a pair.
 *
 * @param name the claim's name; empty if jobs belong to clients alone
 */
record OwnerClaim(String name) {
    /** Jobs belong to clients alone. */
    static final OwnerClaim NONE = new OwnerClaim("");

    private static final String SEPARATOR = "/";

    /** What a client may do with a token that has these claims; the client is barred if the owner claim is missing. */
    Authenticator.Verdict verdict(Access client, TokenClaims claims) {
        if (name.isEmpty()) {
            return new Authenticator.Granted(client);
        }
        return claims.json().get(name) instanceof String value ? onBehalfOf(value, client) : new Authenticator.Barred();
    }

    /** What a client may do with a token without claims: the client calls on its own behalf. */
    Authenticator.Verdict verdict(Access client) {
        return name.isEmpty() || isUnambiguous(client.client())
                ? new Authenticator.Granted(client)
                : new Authenticator.Barred();
    }

    private static Authenticator.Verdict onBehalfOf(String value, Access client) {
        try {
            Owner owner = new Owner(client.client() + SEPARATOR + new Owner(value));
            return isUnambiguous(client.client())
                    ? new Authenticator.Granted(new Access(client.client(), owner, client.scopes()))
                    : new Authenticator.Barred();
        } catch (InvalidValueException e) {
            return new Authenticator.Barred();
        }
    }

    private static boolean isUnambiguous(Owner client) {
        return !client.value().contains(SEPARATOR);
    }
}
