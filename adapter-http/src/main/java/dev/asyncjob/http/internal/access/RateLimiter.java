package dev.asyncjob.http.internal.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.asyncjob.http.internal.exchange.ApiError;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets everybody do something so often and no more: a token bucket for each. It remembers the {@value #MAX_KNOWN} who
 * came most, so that nobody fills the memory by coming under many names. Thread-safe.
 */
public final class RateLimiter {
    /** How many are told apart at once. */
    static final int MAX_KNOWN = 10_000;

    /** When a bucket is full again, and so need not be remembered. */
    private static final Duration FULL_AGAIN = Duration.ofSeconds(10);

    private final String policy;
    private final int atOnce;
    private final TimeMeter clock;
    private final Cache<Object, Bucket> buckets;

    /**
     * @param policy its name, for the client
     * @param atOnce how often at once, with a tenth of it each second
     * @param clock what its time is
     */
    public RateLimiter(String policy, int atOnce, TimeMeter clock) {
        this.policy = policy;
        this.atOnce = atOnce;
        this.clock = clock;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_KNOWN)
                .expireAfterAccess(FULL_AGAIN.multipliedBy(2))
                .ticker(clock::currentTimeNanos)
                .build();
    }

    /**
     * Counts one more.
     *
     * @throws ApiError 429, if it is one too many
     */
    public void count(Object who) {
        ConsumptionProbe probe = buckets.get(who, unused -> bucket()).tryConsumeAndReturnRemaining(1);
        if (!probe.isConsumed()) {
            long seconds = 1 + TimeUnit.NANOSECONDS.toSeconds(probe.getNanosToWaitForRefill());
            throw ApiError.tooManyRequests(policy, atOnce, FULL_AGAIN.toSeconds(), seconds);
        }
    }

    /** How many it remembers now. */
    long known() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    private Bucket bucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(atOnce).refillGreedy(atOnce, FULL_AGAIN))
                .withCustomTimePrecision(clock)
                .build();
    }
}
