package dev.asyncjob.identity;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token: those in the token itself (RFC 7519) or those of an introspection response (RFC 7662).
 *
 * <p>They are evaluated as JSON and not as a library's dates, where a number out of range could overflow to a valid
 * time. A claim that is {@code null} counts as absent. Immutable.
 *
 * @param json the claims by name
 */
record TokenClaims(Map<String, Object> json) {
    /** The tolerated difference between the provider's clock and ours. */
    static final Duration SKEW = Duration.ofSeconds(60);

    /** The last second of the year 9999; a greater number is no valid time. */
    private static final long LAST_SECOND = 253_402_300_799L;

    /** RFC 6749 section 3.3. */
    private static final Pattern SCOPE = Pattern.compile("[!#-\\[\\]-~]+");

    /** The claims in an object as of {@link StrictJson}; empty if the bytes are anything else. */
    static Optional<TokenClaims> of(byte[] json) {
        return StrictJson.object(json).map(TokenClaims::new);
    }

    /** Whether a claim is present. */
    boolean has(String name) {
        return json.get(name) != null;
    }

    /** Whether {@code exp} and {@code nbf} are each absent or a time that allows the token's use. */
    boolean inForce(Instant now) {
        return absentOr("exp", exp -> now.isBefore(exp.plus(SKEW)))
                && absentOr("nbf", nbf -> !now.isBefore(nbf.minus(SKEW)));
    }

    private boolean absentOr(String name, Predicate<Instant> rule) {
        return !has(name) || time(name).filter(rule).isPresent();
    }

    /** The time of a claim; empty if the claim is absent or no valid time. */
    Optional<Instant> time(String name) {
        if (json.get(name) instanceof Number number) {
            double seconds = number.doubleValue();
            if (seconds >= 0 && seconds <= LAST_SECOND) {
                return Optional.of(Instant.ofEpochSecond((long) seconds));
            }
        }
        return Optional.empty();
    }

    /** Whether a claim is present and equals a text. */
    boolean hasText(String name, String text) {
        return text.equals(json.get(name));
    }

    /** Whether {@code aud} is or contains {@code audience}. */
    boolean isFor(String audience) {
        return texts(json.get("aud")).contains(audience);
    }

    /** The client and the scopes; empty if the claims for them are missing or malformed. */
    Optional<Access> access(String clientClaim) {
        return owner(json.get(clientClaim)).flatMap(client -> scopes().map(scopes -> new Access(client, scopes)));
    }

    private static Optional<Owner> owner(@Nullable Object name) {
        try {
            return name instanceof String text ? Optional.of(new Owner(text)) : Optional.empty();
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    /** The scopes of this service: a provider may name others, for other services. Empty if any is malformed. */
    private Optional<Set<Scope>> scopes() {
        boolean standard = has("scope");
        Object value = json.get(standard ? "scope" : "scp");
        List<String> scopes = value instanceof String text ? words(text) : texts(value);
        boolean wellFormed = value == null
                || value instanceof String
                || (!standard && value instanceof List<?> list && list.size() == scopes.size());
        return wellFormed
                        && scopes.stream()
                                .allMatch(scope -> SCOPE.matcher(scope).matches())
                ? Optional.of(scopes.stream()
                        .flatMap(scope -> Scope.of(scope).stream())
                        .collect(Collectors.toSet()))
                : Optional.empty();
    }

    private static List<String> words(String text) {
        return Stream.of(text.split(" ")).filter(word -> !word.isEmpty()).toList();
    }

    /** One text or the entries of a list of texts; empty for anything else. */
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
