package dev.asyncjob.http.internal.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.http.internal.exchange.ApiError;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private final Ticking clock = new Ticking();
    private final RateLimiter limiter = new RateLimiter("tries", 20, clock);

    private static final class Ticking implements TimeMeter {
        private long nanos = 1;

        void pass(Duration time) {
            nanos += time.toNanos();
        }

        @Override
        public long currentTimeNanos() {
            return nanos;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }

    private int countUntilRefused(Object key) {
        for (int counted = 0; counted < 1_000; counted++) {
            try {
                limiter.count(key);
            } catch (ApiError refused) {
                return counted;
            }
        }
        throw new AssertionError("never refused");
    }

    @Test
    void so_many_are_let_through_at_once_and_then_a_tenth_each_second() {
        assertThat(countUntilRefused("a")).isEqualTo(20);
        clock.pass(Duration.ofSeconds(1));
        assertThat(countUntilRefused("a")).isEqualTo(2);
        clock.pass(Duration.ofHours(1));
        assertThat(countUntilRefused("a")).isEqualTo(20);
    }

    @Test
    void clients_are_limited_independently() {
        assertThat(countUntilRefused("a")).isEqualTo(20);
        assertThat(countUntilRefused("b")).isEqualTo(20);
    }

    @Test
    void the_refusal_says_what_is_allowed_and_when_to_come_back() {
        countUntilRefused("a");
        assertThatExceptionOfType(ApiError.class)
                .isThrownBy(() -> limiter.count("a"))
                .satisfies(refusal -> {
                    assertThat(refusal.status()).isEqualTo(429);
                    assertThat(refusal.headers())
                            .containsEntry("Retry-After", "1")
                            .containsEntry("RateLimit-Policy", "\"tries\";q=20;w=10")
                            .containsEntry("RateLimit", "\"tries\";r=0;t=1");
                });
    }

    @Test
    void coming_under_many_names_does_not_fill_the_memory() {
        for (int i = 0; i < 5 * RateLimiter.MAX_KNOWN; i++) {
            limiter.count("name-" + i);
        }
        assertThat(limiter.known()).isLessThanOrEqualTo(RateLimiter.MAX_KNOWN);
    }
}
