package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.BackgroundLoop;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads that others rely on outlive an OutOfMemoryError at each place of their loop, also in its locks. */
final class ExhaustedHeapTest {
    /** How often the heap is exhausted; a thread that is not safe ended at one of the first ten. */
    private static final int TIMES = 20;

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void loops_go_on_when_there_is_memory_again(@TempDir Path folder) {
        try (JavaProcess process = JavaProcess.of(
                        ExhaustedHeapTest.class, folder.resolve("file").toString())
                .options("-Xmx24m")
                .start()) {
            assertThat(process.waitFor(Duration.ofMinutes(1))).isZero();
        }
    }

    @Test
    void no_caller_waits_for_ever_and_work_goes_on_when_there_is_memory_again() {
        try (JavaProcess process =
                JavaProcess.of(ExhaustedWork.class).options("-Xmx24m").start()) {
            assertThat(process.waitFor(Duration.ofMinutes(1))).isZero();
        }
    }

    /** Exits with 1 if the changes of a file, and with 2 if a loop, do not go on. */
    public static void main(String[] arguments) throws Exception {
        FileChannel file = FileChannel.open(
                Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        H2ChangeQueue queue = new H2ChangeQueue(file, () -> {});
        H2Change change = H2Change.write(ByteBuffer.allocate(1), 0);
        CountDownLatch[] goesOn = {new CountDownLatch(Integer.MAX_VALUE)};
        BackgroundLoop loop = new BackgroundLoop(
                "loop",
                () -> {
                    goesOn[0].countDown();
                    return Duration.ofNanos(1);
                },
                failure -> {});
        loop.start();

        for (int i = 0; i < TIMES; i++) {
            Thread other = exhaustion();
            while (other.isAlive()) {
                add(change, queue);
            }
        }

        long end = System.nanoTime() + LIMIT.toNanos();
        while (!queue.awaitWritten(LIMIT)) { // false at once after a change that has failed
            if (System.nanoTime() - end > 0) {
                Runtime.getRuntime().halt(1);
            }
        }
        goesOn[0] = new CountDownLatch(2);
        Runtime.getRuntime().halt(goesOn[0].await(LIMIT.toSeconds(), TimeUnit.SECONDS) ? 0 : 2);
    }

    private static void add(H2Change change, H2ChangeQueue queue) throws IOException {
        try {
            queue.add(change);
        } catch (OutOfMemoryError e) { // and the loops have the same
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** A thread, started, that leaves no byte for some milliseconds; its own errors may end it. */
    static Thread exhaustion() {
        Thread thread = new Thread(ExhaustedHeapTest::exhaust);
        thread.start();
        return thread;
    }

    private static void exhaust() {
        Object[] all = fill(fill(fill(new Object[1], 1 << 12), 64), 1);
        try {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        } finally {
            Reference.reachabilityFence(all);
        }
    }

    /** Adds arrays of this length to a list until there is no memory for one more. */
    private static Object[] fill(Object[] list, int length) {
        Object[] all = list;
        try {
            while (true) {
                Object[] more = new Object[length];
                more[0] = all;
                all = more;
            }
        } catch (OutOfMemoryError e) {
            return all;
        }
    }
}
