package dev.asyncjob.persistence;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.Jobs;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class H2ClaimsTest {
    @Test
    void a_claim_that_does_not_come_back_loses_its_turn() throws InterruptedException {
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        Transactions transactions = (Transactions) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Transactions.class}, (proxy, method, arguments) -> {
                    if (calls.incrementAndGet() == 1) {
                        stuck.countDown();
                        assertThat(end.await(60, SECONDS)).isTrue();
                    }
                    return List.of();
                });
        H2Claims claims = new H2Claims();
        Thread first = new Thread(() -> claims.claim(transactions, Jobs.claim(1, Jobs.KIND)));
        first.start();
        assertThat(stuck.await(30, SECONDS)).isTrue();

        long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        boolean claimed = false;
        while (!claimed && System.nanoTime() < limit) {
            try {
                claims.claim(transactions, Jobs.claim(1, Jobs.KIND));
                claimed = true;
            } catch (StoreUnavailable e) { // after a second each
                assertThat(calls).hasValue(1);
            }
        }
        assertThat(claimed).isTrue();
        end.countDown();
        first.join(30_000);
        assertThat(first.isAlive()).isFalse();
    }
}
