package dev.asyncjob.identity;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A client system that may ask.
 *
 * @param name as which it owns jobs
 * @param scopes what it may do
 * @param apiKeys any of them is good; more than one while keys are exchanged
 * @param tokens any of them is good
 */
public record Client(Owner name, SortedSet<Scope> scopes, List<Credential> apiKeys, List<Credential> tokens) {
    public Client {
        scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
        apiKeys = List.copyOf(apiKeys);
        tokens = List.copyOf(tokens);
    }

    /** When its newest secret was made, in words. */
    public String newest() {
        return Stream.concat(apiKeys.stream(), tokens.stream())
                .map(Credential::createdAt)
                .max(Comparator.naturalOrder())
                .map(Instant::toString)
                .orElse("never");
    }

    /**
     * What is kept of a secret.
     *
     * @param createdAt for people, so that they know which one is old
     * @param expiresAt from when on it is good for nothing; null for never
     */
    public record Credential(
            SecretHash sha256, Instant createdAt, @Nullable Instant expiresAt) {
        /** One that is good until it is revoked. */
        Credential(SecretHash sha256, Instant createdAt) {
            this(sha256, createdAt, null);
        }

        /** Whether its time is over. */
        public boolean isOver(Instant now) {
            return expiresAt != null && !now.isBefore(expiresAt);
        }

        /** The same, with {@code end} as its end unless it ends sooner anyway. */
        public Credential until(Instant end) {
            return new Credential(sha256, createdAt, isOver(end) ? expiresAt : end);
        }
    }
}
