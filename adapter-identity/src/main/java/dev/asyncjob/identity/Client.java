package dev.asyncjob.identity;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.asyncjob.application.access.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the clients file says about a client, beside the name as which it owns jobs.
 *
 * @param scopes what the client may do
 * @param apiKeys each of them is valid; more than one while keys are exchanged
 * @param tokens each of them is valid
 */
record Client(
        SortedSet<Scope> scopes, @JsonProperty("api-keys") List<Credential> apiKeys, List<Credential> tokens) {
    static final Duration EXPIRY_NOTICE = Duration.ofDays(30);

    Client {
        scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
        apiKeys = List.copyOf(apiKeys);
        tokens = List.copyOf(tokens);
    }

    /** When the newest secret was created; null if there is none. */
    @Nullable
    Instant newestSecret() {
        return Stream.concat(apiKeys.stream(), tokens.stream())
                .map(Credential::createdAt)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /**
     * What the file keeps of a secret.
     *
     * @param createdAt tells an administrator which secret is old
     * @param expiresAt the instant from which on the secret is invalid; null for never
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Credential(
            SecretHash sha256, Instant createdAt, @Nullable Instant expiresAt) {
        Credential {
            Objects.requireNonNull(sha256, "sha256");
            Objects.requireNonNull(createdAt, "createdAt");
        }

        /** Its name in logs and lists: {@code kind} and when it was created. */
        String name(String kind) {
            return kind + " " + createdAt;
        }

        /** Whether the credential is no longer valid. */
        boolean isExpired(Instant now) {
            return expiresAt != null && !now.isBefore(expiresAt);
        }

        /** Whether the credential is valid and ends within {@link #EXPIRY_NOTICE}. */
        boolean endsSoon(Instant now) {
            return !isExpired(now) && isExpired(now.plus(EXPIRY_NOTICE));
        }

        /** The same credential, which expires at {@code end} unless it expires sooner anyway. */
        Credential until(Instant end) {
            return new Credential(sha256, createdAt, isExpired(end) ? expiresAt : end);
        }
    }
}
