package dev.asyncjob.bootstrap;

import dev.asyncjob.domain.Owner;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A client system that may ask.
 *
 * @param name as which it owns jobs
 * @param scopes what it may do, each of {@link Scopes#KNOWN}
 * @param apiKeys any of them is good; more than one while keys are exchanged
 * @param tokens any of them is good
 */
record Client(Owner name, SortedSet<String> scopes, List<Credential> apiKeys, List<Credential> tokens) {
    Client {
        scopes = Collections.unmodifiableSortedSet(new TreeSet<>(scopes));
        apiKeys = List.copyOf(apiKeys);
        tokens = List.copyOf(tokens);
    }

    /** When its newest secret was made, in words. */
    String newest() {
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
     */
    record Credential(SecretHash sha256, Instant createdAt) {}
}
