package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.Execution;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CallWatchTest {
    private final CallWatch watch = new CallWatch();

    /** A connection of which only the abort is of interest. */
    private static Connection connection(Runnable abort) {
        return (Connection) Proxy.newProxyInstance(
                CallWatchTest.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == arguments[0];
                    case "abort" -> {
                        abort.run();
                        yield null;
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private void beginAtItsDeadline(Runnable abort) {
        Deadline.run(Execution.JVM, Duration.ZERO, () -> watch.begin(connection(abort)));
    }

    @Test
    void an_error_of_one_abort_keeps_no_later_call_from_being_ended() throws InterruptedException {
        CountDownLatch failed = new CountDownLatch(1);
        CountDownLatch aborted = new CountDownLatch(1);
        beginAtItsDeadline(() -> {
            failed.countDown();
            throw new InternalError("unable to create native thread");
        });
        assertThat(failed.await(20, TimeUnit.SECONDS)).isTrue();

        beginAtItsDeadline(aborted::countDown);

        assertThat(aborted.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /**
     * With two processors, the JVM gives each task of the common pool a thread; with more, this is what occupies it.
     */
    @Test
    void calls_are_ended_while_the_common_pool_is_occupied() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch aborted = new CountDownLatch(1);
        AtomicReference<String> thread = new AtomicReference<>();
        try {
            for (int i = 0; i < ForkJoinPool.getCommonPoolParallelism(); i++) {
                ForkJoinPool.commonPool().execute(() -> {
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
            }
            beginAtItsDeadline(() -> {
                thread.set(Thread.currentThread().getName());
                aborted.countDown();
            });

            assertThat(aborted.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(thread).hasValue("asyncjob-watch");
        } finally {
            release.countDown();
        }
    }
}
