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
 * Limits how often each client or address may do something: a token bucket for each. At most {@value #MAX_KNOWN}
 * buckets are kept, so that many different clients cannot fill the memory. Safe for use from any thread.
 */
public final class RateLimiter {
    /** Buckets that are kept at most. */
    static final int MAX_KNOWN = 10_000;

    /** The time in which an empty bucket fills, after which it need not be kept. */
    private static final Duration REFILL = Duration.ofSeconds(10);

    private final String policy;
    private final int burst;
    private final TimeMeter clock;
    private final Cache<Object, Bucket> buckets;

    /**
     * @param policy the name of the limit, shown to the client
     * @param burst uses at once; a tenth of them becomes available each second
     * @param clock the source of time
     */
    public RateLimiter(String policy, int burst, TimeMeter clock) {
        this.policy = policy;
        this.burst = burst;
        this.clock = clock;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_KNOWN)
                .expireAfterAccess(REFILL.multipliedBy(2))
                .ticker(clock::currentTimeNanos)
                .build();
    }

    /**
     * Counts one use.
     *
     * @param key the client or address that is limited
     * @throws ApiError 429 if the use is over the limit
     */
    public void count(Object key) {
        ConsumptionProbe probe = buckets.get(key, unused -> bucket()).tryConsumeAndReturnRemaining(1);
        if (!probe.isConsumed()) {
            throw refusal(probe.getNanosToWaitForRefill());
        }
    }

    /** Takes back a use that was counted. */
    void takeBack(Object key) {
        buckets.get(key, unused -> bucket()).addTokens(1);
    }

    private ApiError refusal(long nanosToWait) {
        long seconds = 1 + TimeUnit.NANOSECONDS.toSeconds(nanosToWait);
        return ApiError.tooManyRequests(policy, burst, REFILL.toSeconds(), seconds);
    }

    /** The number of buckets that are kept now. */
    long known() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    private Bucket bucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(burst).refillGreedy(burst, REFILL))
                .withCustomTimePrecision(clock)
                .build();
    }
}
