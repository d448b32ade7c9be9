package dev.asyncjob.identity;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the callbacks file says about the endpoint of a client.
 *
 * @param kinds the kinds of jobs whose end is delivered; empty for all
 * @param createdAt when it was registered
 * @param secrets one, or two while they are exchanged; the newest first, which has no end
 * @param disabledAt when the endpoint answered that it is gone; null while it is in use
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record CallbackEntry(
        URI url,
        SortedSet<JobKind> kinds,
        Instant createdAt,
        List<Secret> secrets,
        @Nullable Instant disabledAt) {
    /** Characters of a URL at most. */
    static final int MAX_URL = 2000;

    private static final Pattern LOOPBACK = Pattern.compile("127(?:\\.\\d{1,3}){3}|\\[::1]");
    private static final int MIN_SECRET = 24;
    private static final int MAX_SECRET = 64;

    CallbackEntry {
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(createdAt, "createdAt");
        kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
        secrets = List.copyOf(secrets);
        if (secrets.isEmpty() || secrets.size() > 2 || secrets.get(0).expiresAt != null) {
            throw new InvalidValueException(
                    "schema", "an endpoint has one secret, or two of which the second ends", List.of());
        }
    }

    /**
     * A secret that signs callbacks.
     *
     * @param secret {@code whsec_} and base64 of {@value #MIN_SECRET} to {@value #MAX_SECRET} bytes
     * @param expiresAt the instant from which on it signs no more; null for never
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Secret(
            String secret, Instant createdAt, @Nullable Instant expiresAt) {
        Secret {
            Objects.requireNonNull(createdAt, "createdAt");
            if (!isSecret(secret)) {
                throw new InvalidValueException(
                        "format",
                        "a secret must be %s and base64 of %s to %s bytes"
                                .formatted(Secrets.CALLBACK_PREFIX, MIN_SECRET, MAX_SECRET),
                        List.of());
            }
        }

        private static boolean isSecret(String text) {
            if (!text.startsWith(Secrets.CALLBACK_PREFIX)) {
                return false;
            }
            try {
                int bytes = Base64.getDecoder().decode(text.substring(Secrets.CALLBACK_PREFIX.length())).length;
                return bytes >= MIN_SECRET && bytes <= MAX_SECRET;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        private boolean isExpired(Instant now) {
            return expiresAt != null && !now.isBefore(expiresAt);
        }

        /** Contains no secret. */
        @Override
        public String toString() {
            return "Secret[" + createdAt + "]";
        }
    }

    /**
     * The URL of an endpoint: absolute, with https, or with http and a loopback address, which is for the sandbox.
     *
     * @throws InvalidValueException if it is anything else; the message quotes nothing
     */
    static URI url(String text) {
        if (text.length() > MAX_URL) {
            throw new InvalidValueException(
                    "length",
                    "a URL must have %s characters at most".formatted(MAX_URL),
                    List.of(Integer.toString(MAX_URL)));
        }
        Optional<URI> url = parsed(text).filter(CallbackEntry::isAllowed);
        return url.orElseThrow(() -> new InvalidValueException(
                "format",
                "a URL must be an absolute https URL without user and fragment, or such an http URL of a loopback"
                        + " address",
                List.of()));
    }

    private static Optional<URI> parsed(String text) {
        try {
            return Optional.of(new URI(text));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean isAllowed(URI url) {
        return url.getHost() != null
                && url.getRawUserInfo() == null
                && url.getRawFragment() == null
                && url.getPort() != 0
                && url.getPort() <= 0xFFFF
                && url.toASCIIString().equals(url.toString())
                && ("https".equalsIgnoreCase(url.getScheme())
                        || ("http".equalsIgnoreCase(url.getScheme())
                                && LOOPBACK.matcher(url.getHost()).matches()));
    }

    /** The newest secret: each registration has another. */
    Secret newest() {
        return secrets.get(0);
    }

    /** A new registration. */
    static CallbackEntry of(URI url, SortedSet<JobKind> kinds, String secret, Instant now) {
        return new CallbackEntry(url, kinds, now, List.of(new Secret(secret, now, null)), null);
    }

    /**
     * The same with a new secret, in use also if it was disabled.
     *
     * @param overlap how long the secret that was the newest also signs; null for no longer
     */
    CallbackEntry rolled(String secret, Instant now, @Nullable Duration overlap) {
        Secret fresh = new Secret(secret, now, null);
        return new CallbackEntry(
                url,
                kinds,
                createdAt,
                overlap == null
                        ? List.of(fresh)
                        : List.of(fresh, new Secret(newest().secret, newest().createdAt, now.plus(overlap))),
                null);
    }

    CallbackEntry disabled(Instant now) {
        return new CallbackEntry(url, kinds, createdAt, secrets, now);
    }

    /** The endpoint as deliveries see it, whether it is disabled or not. */
    Endpoint endpoint(Instant now) {
        return new Endpoint(
                url,
                kinds,
                secrets.stream()
                        .filter(one -> !one.isExpired(now))
                        .map(Secret::secret)
                        .toList());
    }
}
