package dev.asyncjob.application.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BackgroundLoopTest {
    private static final Duration A_MOMENT = Duration.ofSeconds(10);

    @Test
    void the_loop_outlives_an_error_of_its_step_and_of_the_log() throws InterruptedException {
        AtomicInteger steps = new AtomicInteger();
        CountDownLatch repeated = new CountDownLatch(1);
        BackgroundLoop loop = Execution.JVM.loop(
                "asyncjob-test",
                () -> {
                    if (steps.incrementAndGet() == 1) {
                        throw new LinkageError("thrown on purpose");
                    }
                    repeated.countDown();
                    return BackgroundLoop.UNTIL_SIGNALLED;
                },
                failure -> {
                    throw new IllegalStateException("thrown on purpose", failure);
                });
        loop.start();

        assertThat(repeated.await(A_MOMENT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(loop.stop(A_MOMENT)).isTrue();
    }

    @Test
    void a_signal_ends_the_pause_and_stopping_runs_the_last_task() throws InterruptedException {
        Semaphore steps = new Semaphore(0);
        AtomicBoolean last = new AtomicBoolean();
        BackgroundLoop loop = Execution.JVM.loop(
                "asyncjob-test",
                () -> {
                    steps.release();
                    return BackgroundLoop.UNTIL_SIGNALLED;
                },
                failure -> {});
        loop.start();
        assertThat(steps.tryAcquire(A_MOMENT.toSeconds(), TimeUnit.SECONDS)).isTrue();

        loop.signal();

        assertThat(steps.tryAcquire(A_MOMENT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(loop.stop(() -> last.set(true), A_MOMENT)).isTrue();
        assertThat(last).isTrue();
    }

    @Test
    void a_signal_during_a_step_causes_another_step() throws InterruptedException {
        CountDownLatch steps = new CountDownLatch(3);
        CompletableFuture<BackgroundLoop> self = new CompletableFuture<>();
        BackgroundLoop loop = Execution.JVM.loop(
                "asyncjob-test",
                () -> {
                    steps.countDown();
                    self.join().signal();
                    return BackgroundLoop.UNTIL_SIGNALLED;
                },
                failure -> {});
        self.complete(loop);
        loop.start();

        assertThat(steps.await(A_MOMENT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(loop.stop(A_MOMENT)).isTrue();
    }
}
