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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an identity provider, kept up to date without asking it often.
 *
 * <p>Keys older than {@link #REFRESH_AFTER} are fetched again while the old ones serve on; a key that is not there is
 * fetched for at once. Never are they fetched twice within {@link #PAUSE}, nor twice at once. When that fails, the last
 * good keys stay in force for {@link #OUTAGE_TOLERANCE}. Safe for use from any thread.
 */
final class JwksCache implements JWKSource<SecurityContext> {
    /** How old keys may become before they are fetched again. */
    static final Duration REFRESH_AFTER = Duration.ofMinutes(5);

    /** Between one fetch and the next, whatever tokens say: their senders must not decide how often we ask. */
    static final Duration PAUSE = Duration.ofSeconds(30);

    /** How long keys stay in force without being confirmed. */
    static final Duration OUTAGE_TOLERANCE = Duration.ofHours(1);

    private final Supplier<CompletableFuture<byte[]>> source;
    private final LongSupplier nanoTime;
    private final Consumer<String> complaints;
    private volatile Known known = new Known(List.of(), 0, true);
    private CompletableFuture<?> fetch = CompletableFuture.completedFuture(null);
    private @Nullable Long fetchedAt;

    /**
     * Fetches nothing yet.
     *
     * @param source fetches a set as of {@link KeySetFormat}, within a time of its own
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param complaints told about each fetch that fails
     */
    JwksCache(Supplier<CompletableFuture<byte[]>> source, LongSupplier nanoTime, Consumer<String> complaints) {
        this.source = source;
        this.nanoTime = nanoTime;
        this.complaints = complaints;
    }

    /**
     * What is known of the keys.
     *
     * @param at when they were last confirmed; without meaning while there are none
     * @param failed whether the last fetch failed, or there was none
     */
    private record Known(List<JWK> keys, long at, boolean failed) {
        boolean olderThan(Duration age, long now) {
            return now - at >= age.toNanos();
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

        /** A token without {@code kid} may be tried with several keys, and one of another curve is an error there. */
        private static boolean fits(JWK key, JWKMatcher wanted) {
            return !(key instanceof ECKey ec)
                    || wanted.getAlgorithms().stream()
                            .anyMatch(algorithm -> algorithm instanceof JWSAlgorithm signature
                                    && Curve.forJWSAlgorithm(signature).contains(ec.getCurve()));
        }
    }

    /**
     * The keys that a token may be signed with; none if the provider has no such key.
     *
     * @throws KeySourceException if that is not known just now
     */
    @Override
    public List<JWK> get(JWKSelector selector, @Nullable SecurityContext context) throws KeySourceException {
        long now = nanoTime.getAsLong();
        Known before = known;
        List<JWK> found = before.select(selector, now);
        if (!found.isEmpty()) {
            if (before.olderThan(REFRESH_AFTER, now)) {
                var unused = refresh();
            }
            return found;
        }
        await(refresh());
        Known after = known;
        found = after.select(selector, now);
        if (found.isEmpty() && (after.failed || !after.usable(now))) {
            throw new KeySourceException("the provider's keys are not known just now");
        }
        return found;
    }

    /** Fetches the keys unless that was done a moment ago; completes, never exceptionally, when that is over. */
    synchronized CompletableFuture<?> refresh() {
        long now = nanoTime.getAsLong();
        boolean lately = fetchedAt != null && now - fetchedAt < PAUSE.toNanos();
        if (!lately && fetch.isDone()) {
            fetchedAt = now;
            fetch = source.get().thenApply(JwksCache::parsed).handle((keys, failure) -> learn(keys, failure, now));
        }
        return fetch;
    }

    private boolean learn(@Nullable List<JWK> keys, @Nullable Throwable failure, long now) {
        if (keys != null) {
            known = new Known(keys, now, false);
            return true;
        }
        known = new Known(known.keys, known.at, true);
        complaints.accept("the keys of the identity provider cannot be fetched: " + ProviderHttp.explain(failure));
        return false;
    }

    private static List<JWK> parsed(byte[] json) {
        try {
            return KeySetFormat.parse(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static void await(CompletableFuture<?> fetch) throws KeySourceException {
        try {
            fetch.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KeySourceException("interrupted", e);
        } catch (ExecutionException e) {
            throw new KeySourceException("never thrown by refresh", e);
        }
    }
}
