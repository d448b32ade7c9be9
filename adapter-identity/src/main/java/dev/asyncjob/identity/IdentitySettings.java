package dev.asyncjob.identity;

import java.net.URI;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The identity provider whose tokens are accepted, and the rules for these tokens.
 *
 * @param jwksUrl the URL of the provider's keys; null if they are in a file or there are none
 * @param jwksFile the file with the provider's keys; null if they are at a URL or there are none
 * @param issuer the required {@code iss}; empty for any, which only introspection allows
 * @param audience a required entry of {@code aud}; empty for any, which only introspection allows
 * @param clientClaim the name of the claim that names the client
 * @param ownerClaim the name of the claim that names the user or organisation on whose behalf the client calls: the
 *     client then sees and makes jobs of the owner {@code CLIENT/VALUE} only; empty if jobs belong to clients alone
 * @param algorithms the accepted signature algorithms of a JWT, of {@link #ALGORITHMS}
 * @param tokenTypes the accepted values of {@code typ} of a JWT, without {@code application/}
 * @param introspection the endpoint that decides about other tokens; null for none
 */
public record IdentitySettings(
        @Nullable URI jwksUrl,
        @Nullable Path jwksFile,
        String issuer,
        String audience,
        String clientClaim,
        String ownerClaim,
        Set<String> algorithms,
        Set<String> tokenTypes,
        @Nullable Endpoint introspection) {

    /** Every algorithm that can be allowed: signatures with a public key only, never a shared secret or none. */
    public static final Set<String> ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

    public IdentitySettings {
        algorithms = Set.copyOf(algorithms);
        tokenTypes = Set.copyOf(tokenTypes);
    }

    /** No identity provider. */
    public static IdentitySettings none() {
        return new IdentitySettings(null, null, "", "", "client_id", "", ALGORITHMS, Set.of("at+jwt"), null);
    }

    /** The rule that {@link #ownerClaim} stands for. */
    OwnerClaim ownership() {
        return new OwnerClaim(ownerClaim);
    }

    /**
     * An introspection endpoint (RFC 7662).
     *
     * @param credentials gets the credentials for it: at the start, and again, on a thread that may wait, whenever the
     *     endpoint refuses the last ones
     */
    public record Endpoint(URI url, Supplier<Credentials> credentials) {
        /** An endpoint whose credentials never change. */
        public Endpoint(URI url, String clientId, String clientSecret) {
            this(url, new Credentials(clientId, clientSecret));
        }
    }

    /** The credentials for an introspection endpoint, and their own source; the secret is not in {@code toString}. */
    public record Credentials(String clientId, String clientSecret) implements Supplier<Credentials> {
        @Override
        public Credentials get() {
            return this;
        }

        @Override
        public String toString() {
            return "Credentials[clientId=" + clientId + "]";
        }
    }
}
