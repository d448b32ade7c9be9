package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What an identity provider says of a token: in the token itself (RFC 7519) or when asked (RFC 7662).
 *
 * <p>Judged as JSON, not as a library's dates: a time that is no time must not become one by overflow. A claim that is
 * {@code null} counts as absent. Immutable.
 *
 * @param json the claims by name
 */
record TokenClaims(Map<String, Object> json) {
    /** How far the provider's clock and ours may be apart. */
    static final Duration SKEW = Duration.ofSeconds(60);

    /** The last second of the year 9999; what lies beyond is no time. */
    private static final long LAST_SECOND = 253_402_300_799L;

    /** RFC 6749 section 3.3. */
    private static final Pattern SCOPE = Pattern.compile("[!#-\\[\\]-~]+");

    /** Whether a claim is there. */
    boolean has(String name) {
        return json.get(name) != null;
    }

    /** Whether {@code exp} and {@code nbf}, as far as they are there, are times that allow it to be used. */
    boolean inForce(Instant now) {
        return absentOr("exp", exp -> now.isBefore(exp.plus(SKEW)))
                && absentOr("nbf", nbf -> !now.isBefore(nbf.minus(SKEW)));
    }

    private boolean absentOr(String name, Predicate<Instant> rule) {
        return !has(name) || time(name).filter(rule).isPresent();
    }

    /** The time that a claim says; nothing if it says none. */
    Optional<Instant> time(String name) {
        if (json.get(name) instanceof Number number) {
            double seconds = number.doubleValue();
            if (seconds >= 0 && seconds <= LAST_SECOND) {
                return Optional.of(Instant.ofEpochSecond((long) seconds));
            }
        }
        return Optional.empty();
    }

    /** Whether a claim is there and is this text. */
    boolean says(String name, String text) {
        return text.equals(json.get(name));
    }

    /** Whether it was made for {@code audience}, possibly among others. */
    boolean isFor(String audience) {
        return texts(json.get("aud")).contains(audience);
    }

    /** Whose it is and what it allows; nothing if it does not say so in the proper form. */
    Optional<Access> access(String clientClaim) {
        return owner(json.get(clientClaim))
                .flatMap(client -> scopes().map(scopes -> new Access(client, known(scopes))));
    }

    private static Optional<Owner> owner(@Nullable Object name) {
        try {
            return name instanceof String text ? Optional.of(new Owner(text)) : Optional.empty();
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    private Optional<Set<String>> scopes() {
        Object scope = json.get("scope");
        if (scope != null) {
            return scope instanceof String text ? wellFormed(words(text)) : Optional.empty();
        }
        Object scp = json.get("scp");
        if (scp instanceof String text) {
            return wellFormed(words(text));
        }
        List<String> entries = texts(scp);
        boolean strange = scp != null && !(scp instanceof List<?> list && list.size() == entries.size());
        return strange ? Optional.empty() : wellFormed(entries);
    }

    /** Those that this service knows: a provider may name others, for other services. */
    private static Set<Scope> known(Set<String> scopes) {
        return scopes.stream().flatMap(scope -> Scope.of(scope).stream()).collect(Collectors.toSet());
    }

    private static List<String> words(String text) {
        return Pattern.compile(" +")
                .splitAsStream(text)
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static Optional<Set<String>> wellFormed(Collection<String> scopes) {
        return scopes.stream().allMatch(scope -> SCOPE.matcher(scope).matches())
                ? Optional.of(new LinkedHashSet<>(scopes))
                : Optional.empty();
    }

    /** One text or a list of nothing else; empty for anything else. */
    private static List<String> texts(@Nullable Object value) {
        if (value instanceof String text) {
            return List.of(text);
        }
        if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            return list.stream().map(String.class::cast).toList();
        }
        return List.of();
    }
}
