package dev.asyncjob.identity;

import java.net.URI;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the identity provider whose tokens are honoured.
 *
 * @param jwksUrl where its keys are; null if they are in a file or there are none
 * @param jwksFile the file with its keys; null if they are at a URL or there are none
 * @param issuer what {@code iss} must say; empty for anything, which only introspection allows
 * @param audience what {@code aud} must contain; empty for anything, which only introspection allows
 * @param clientClaim the claim that names the client
 * @param ownerClaim the claim that names for whom the client asks
 * @param algorithms how a JWT may be signed, of {@link #ALGORITHMS}
 * @param tokenTypes what {@code typ} of a JWT may say, without {@code application/}
 * @param introspection whom to ask about other tokens; null for nobody
 */
public record IdentitySettings(
        @Nullable URI jwksUrl,
        @Nullable Path jwksFile,
        String issuer,
        String audience,
        String clientClaim,
        OwnerClaim ownerClaim,
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
        return new IdentitySettings(
                null, null, "", "", "client_id", OwnerClaim.NONE, ALGORITHMS, Set.of("at+jwt"), null);
    }

    /** Whether JWTs are judged by keys. */
    boolean hasKeys() {
        return jwksUrl != null || jwksFile != null;
    }

    /**
     * Where a token is asked about (RFC 7662), and as whom.
     *
     * @param clientSecret not in {@code toString}
     */
    public record Endpoint(URI url, String clientId, String clientSecret) {
        @Override
        public String toString() {
            return "Endpoint[url=%s, clientId=%s]".formatted(url, clientId);
        }
    }
}
