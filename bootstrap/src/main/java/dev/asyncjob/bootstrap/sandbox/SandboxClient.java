package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.SecretHash;
import dev.asyncjob.identity.Secrets;
import java.util.Objects;
import java.util.Set;

/**
 * The only client of the sandbox, which has all scopes.
 *
 * @param token its bearer token, which the sandbox prints
 * @param apiKey its api-key, which the sandbox prints
 */
public record SandboxClient(String token, String apiKey) {
    private static final Access ACCESS = new Access(new Owner("sandbox"), Set.of(Scope.values()));

    /** The client with the configured secrets; a secret that is not configured is generated. */
    public static SandboxClient of(Settings.Sandbox settings) {
        return new SandboxClient(
                Objects.requireNonNullElseGet(settings.token(), Secrets::newToken),
                Objects.requireNonNullElseGet(settings.apiKey(), Secrets::newApiKey));
    }

    /** Accepts the secrets of this client and no others. */
    public Authenticator authenticator() {
        SecretHash tokenHash = SecretHash.of(token);
        SecretHash apiKeyHash = SecretHash.of(apiKey);
        return (sentToken, sentApiKey) -> {
            boolean validApiKey = apiKeyHash.matches(SecretHash.of(sentApiKey));
            if (!tokenHash.matches(SecretHash.of(sentToken))) {
                return new Authenticator.InvalidToken();
            }
            return validApiKey ? new Authenticator.Granted(ACCESS) : new Authenticator.InvalidApiKey();
        };
    }

    /** Shows no secret. */
    @Override
    public String toString() {
        return "SandboxClient";
    }
}
