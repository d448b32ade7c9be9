package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.Authenticators;
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
        return Authenticators.ofPair(ACCESS, token, apiKey);
    }

    /** Shows no secret. */
    @Override
    public String toString() {
        return "SandboxClient";
    }
}
