package dev.asyncjob.identity;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.SecurityContext;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cache of an identity provider's keys.
 *
 * <p>Keys older than {@link #REFRESH_AFTER} are fetched again while the old ones stay in use; an unknown key causes a
 * fetch at once. Fetches never overlap and start at least {@link #PAUSE} apart. After a failed fetch the last good keys
 * stay in force for {@link #OUTAGE_TOLERANCE}; a set without a usable key is a failed fetch, so a key is revoked only
 * by a set that has other keys. No method waits. Safe for use from any thread.
 *
 * <p>Nimbus's {@code JWKSourceBuilder} cannot replace this class: its rate limit grants two fetches an interval and
 * turns the next one for an unknown key into an error, it blocks callers once its keys are older than their lifetime,
 * and it reads the wall clock.
 */
final class JwksCache implements JWKSource<SecurityContext> {
    /** The age of keys from which on they are fetched again. */
    static final Duration REFRESH_AFTER = Duration.ofMinutes(5);

    /** The shortest time between two fetches, whatever key ids tokens name: senders must not control the rate. */
    static final Duration PAUSE = Duration.ofSeconds(30);

    /** How long a fetch may take: one that has not ended then was lost for want of memory. */
    static final Duration LONGEST_FETCH = Duration.ofMinutes(5);

    /** How long keys stay in force without a successful fetch. */
    static final Duration OUTAGE_TOLERANCE = Duration.ofHours(1);

    private final Supplier<CompletableFuture<byte[]>> source;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private volatile State state = new State(List.of(), 0, true);
    private CompletableFuture<?> fetch = CompletableFuture.completedFuture(null);
    private @Nullable Long lastFetch;
    private @Nullable String lastFailure;

    /**
     * Fetches nothing yet.
     *
     * @param source fetches a set as of {@link KeySetFormat}, with a time limit of its own
     * @param clock for the times in the security log
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log receives a line for the first fetch that fails, and whenever the reason changes
     */
    JwksCache(
            Supplier<CompletableFuture<byte[]>> source,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<String> log) {
        this.source = source;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.log = log;
    }

    /**
     * The keys and how they were fetched.
     *
     * @param fetchedAt when the last successful fetch started; without meaning while there was none
     * @param failed whether the last fetch failed, or there was none
     */
    private record State(List<JWK> keys, long fetchedAt, boolean failed) {
        boolean olderThan(Duration age, long now) {
            return now - fetchedAt >= age.toNanos();
        }

        boolean usable(long now) {
            return !keys.isEmpty() && !olderThan(OUTAGE_TOLERANCE, now);
        }

        List<JWK> select(JWKSelector selector, long now) {
            if (!usable(now)) {
                return List.of();
            }
            JWKMatcher wanted = selector.getMatcher();
            return keys.stream()
                    .filter(key -> wanted.matches(key) && fits(key, wanted))
                    .toList();
        }

        /** Several keys may be tried for a token without {@code kid}, and a key of another curve would be an error. */
        private static boolean fits(JWK key, JWKMatcher wanted) {
            return !(key instanceof ECKey ec)
                    || wanted.getAlgorithms().stream()
                            .anyMatch(algorithm -> algorithm instanceof JWSAlgorithm signature
                                    && Curve.forJWSAlgorithm(signature).contains(ec.getCurve()));
        }
    }

    /**
     * The keys with which a token may be signed; empty if the provider has no such key.
     *
     * @throws BeingFetched if a fetch is in progress that may bring the key
     * @throws KeySourceException if the provider's keys are currently unknown
     */
    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
        long now = nanoTime.getAsLong();
        State before = state;
        List<JWK> found = before.select(selector, now);
        if (!found.isEmpty()) {
            if (before.olderThan(REFRESH_AFTER, now)) {
                var unused = refresh();
            }
            return found;
        }
        CompletableFuture<?> fetching = refresh();
        if (!fetching.isDone()) {
            throw new BeingFetched(fetching);
        }
        State after = state;
        found = after.select(selector, now);
        if (found.isEmpty() && (after.failed || !after.usable(now))) {
            throw new KeySourceException("the provider's keys are unknown");
        }
        return found;
    }

    /** Starts a fetch unless the last one started less than a {@link #PAUSE} ago; never completes exceptionally. */
    synchronized CompletableFuture<?> refresh() {
        long now = nanoTime.getAsLong();
        boolean recent = lastFetch != null && now - lastFetch < PAUSE.toNanos();
        boolean lost = lastFetch != null && now - lastFetch > LONGEST_FETCH.toNanos(); // without memory for its end
        if (!recent && (fetch.isDone() || lost)) {
            lastFetch = now;
            fetch = fetched().thenApply(KeySetFormat::parse).handle((keys, failure) -> update(keys, failure, now));
        }
        return fetch;
    }

    private CompletableFuture<byte[]> fetched() {
        try {
            return source.get();
        } catch (Throwable e) { // such as a lack of threads
            return CompletableFuture.failedFuture(e);
        }
    }

    private State update(@Nullable List<JWK> keys, @Nullable Throwable failure, long now) {
        String reason = keys == null ? ProviderHttp.reason(failure) : null;
        if (reason != null && !reason.equals(lastFailure)) {
            log.accept(
                    "the keys of the identity provider cannot be fetched, the last good ones stay in force: " + reason);
            SecurityLog.write(clock.instant(), "keys-refused", Map.of("reason", reason));
        }
        lastFailure = reason;
        if (keys != null) {
            SecurityLog.writeChange(clock.instant(), "keys-changed", names(state.keys), names(keys));
        }
        state = keys == null ? new State(state.keys, state.fetchedAt, true) : new State(keys, now, false);
        return state;
    }

    private static Map<String, String> names(List<JWK> keys) {
        return keys.stream()
                .collect(Collectors.toMap(
                        JWK::toJSONString,
                        key -> Objects.requireNonNullElse(key.getKeyID(), "without kid"),
                        (one, same) -> one));
    }

    /** The provider's keys are being fetched at the moment, and may contain the wanted key then. */
    static final class BeingFetched extends KeySourceException {
        private static final long serialVersionUID = 1L;

        private final transient CompletableFuture<?> fetch;

        private BeingFetched(CompletableFuture<?> fetch) {
            super("the provider's keys are being fetched");
            this.fetch = fetch;
        }

        /** Completes, never exceptionally, when the keys have been fetched. */
        CompletableFuture<?> fetch() {
            return fetch;
        }
    }
}
