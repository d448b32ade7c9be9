package dev.asyncjob.bootstrap.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogOutputTest {
    private static final byte[] LINE = ("x".repeat(1023) + "\n").getBytes(UTF_8);
    private static final int LINES_THAT_FIT = LogOutput.MAX_PENDING / LINE.length;

    private final Reader reader = new Reader();

    @AutoClose
    private final LogOutput output = new LogOutput(reader);

    /** The other end of an output: it may stop reading, and it may be gone. */
    private static final class Reader extends OutputStream {
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();
        private volatile CountDownLatch stalled = new CountDownLatch(0);
        private volatile CountDownLatch resumed = new CountDownLatch(0);
        private volatile boolean gone;
        private volatile boolean withoutMemory;

        @Override
        public void write(int oneByte) {
            throw new AssertionError("it writes whole lines");
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            stalled.countDown();
            try {
                resumed.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (gone) {
                throw new IOException("Broken pipe");
            }
            if (withoutMemory) {
                throw new InternalError("no memory for the bytes");
            }
            read.write(bytes, offset, length);
        }
    }

    private void stall() throws InterruptedException {
        reader.stalled = new CountDownLatch(1);
        reader.resumed = new CountDownLatch(1);
        output.write(LINE, 0, LINE.length);
        assertThat(reader.stalled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void lines_are_written_in_their_order_and_at_the_end_at_the_latest() {
        output.write("one\n".getBytes(UTF_8), 0, 4);
        output.write('2');
        output.write('\n');
        output.close();
        assertThat(reader.read.toString(UTF_8)).isEqualTo("one\n2\n");
        assertThat(output.dropped()).isZero();
    }

    @Test
    void a_caller_never_waits_for_a_reader_and_lines_without_room_are_dropped_and_counted() throws Exception {
        stall();
        for (int i = 1; i < LINES_THAT_FIT + 7; i++) {
            output.write(LINE, 0, LINE.length);
        }
        assertThat(output.dropped()).isEqualTo(7);

        reader.resumed.countDown();
        output.close();
        assertThat(reader.read.size()).isEqualTo(LogOutput.MAX_PENDING);
    }

    @Test
    void there_is_as_much_room_again_once_the_reader_has_read() throws Exception {
        stall();
        for (int i = 1; i < LINES_THAT_FIT; i++) {
            output.write(LINE, 0, LINE.length);
        }
        reader.resumed.countDown();
        while (output.hasPending()) {
            Thread.onSpinWait();
        }
        stall();
        for (int i = 1; i < LINES_THAT_FIT + 7; i++) {
            output.write(LINE, 0, LINE.length);
        }
        assertThat(output.dropped()).isEqualTo(7);
        reader.resumed.countDown();
        output.close();
        assertThat(reader.read.size()).isEqualTo(2 * LogOutput.MAX_PENDING);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_reader_that_is_gone_and_an_error_cost_lines_only_and_keep_no_room(boolean error) {
        reader.gone = !error;
        reader.withoutMemory = error;
        output.write("a\nb\n".getBytes(UTF_8), 0, 4);
        awaitDropped(2);
        output.write("c\n".getBytes(UTF_8), 0, 2);
        awaitDropped(3);
        reader.gone = false;
        reader.withoutMemory = false;
        output.write("d\n".getBytes(UTF_8), 0, 2);
        output.close();
        assertThat(reader.read.toString(UTF_8)).isEqualTo("d\n");
    }

    private void awaitDropped(int lines) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (output.dropped() < lines || output.hasPending()) {
            assertThat(System.nanoTime() - deadline).isNegative();
            Thread.onSpinWait();
        }
        assertThat(output.dropped()).isEqualTo(lines);
    }

    @Test
    void closing_waits_for_a_stalled_reader_for_a_limited_time() throws Exception {
        stall();
        long start = System.nanoTime();
        output.close();
        assertThat(System.nanoTime() - start)
                .isLessThan(LogOutput.FLUSH_TIME.multipliedBy(5).toNanos());
        reader.resumed.countDown();
    }
}
