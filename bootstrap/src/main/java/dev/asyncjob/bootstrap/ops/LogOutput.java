package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.application.spi.BackgroundLoop;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An output stream of lines that never blocks its caller, for standard output and standard error: what reads them may
 * be slow or stalled.
 *
 * <p>A thread writes what was written to it. Lines that find {@value #MAX_PENDING} bytes waiting, and lines that cannot
 * be written, are dropped and counted; when the output is read again, the log says how many. Safe for use from any
 * thread; a line is kept whole if it is written by one call.
 */
public final class LogOutput extends OutputStream {
    /** Bytes that wait to be written at most. */
    static final int MAX_PENDING = 4 << 20;

    /** How long {@link #close()} waits for lines to be written. */
    static final Duration FLUSH_TIME = Duration.ofSeconds(1);

    private static final Logger LOG = System.getLogger(LogOutput.class.getName());

    /** Bytes that are written at once, unless one line is longer. */
    private static final int CHUNK = 1 << 16;

    /** Lines that arrive within this time are written together, since waking a thread takes longer than a line. */
    private static final Duration LINGER = Duration.ofMillis(1);

    private final OutputStream target;
    private final Queue<byte[]> lines = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final BackgroundLoop writer = new BackgroundLoop(
            "asyncjob-log", this::writePending, e -> LOG.log(Level.ERROR, "cannot write log lines", e));
    private long reported;

    /** What the chunk in progress has taken. Used by the writer's thread. */
    private int takenBytes;

    private int takenLines;

    /**
     * Starts the thread.
     *
     * @param target where the lines go; not closed
     */
    public LogOutput(OutputStream target) {
        this.target = target;
        writer.start();
    }

    @Override
    public void write(int oneByte) {
        write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
        if (pending.get() + length > MAX_PENDING) {
            dropped.addAndGet(linesOf(copy));
        } else {
            lines.add(copy); // first, since it may find no memory
            pending.addAndGet(length);
            writer.signal();
        }
    }

    /** How many lines were dropped. */
    public long dropped() {
        return dropped.get();
    }

    /** Whether lines wait to be written. */
    boolean hasPending() {
        return pending.get() > 0;
    }

    private static int linesOf(byte[] some) {
        int count = 0;
        for (byte one : some) {
            count += one == '\n' ? 1 : 0;
        }
        return count;
    }

    private Duration writePending() throws InterruptedException {
        if (writeAll()) {
            reportDropped();
        }
        TimeUnit.NANOSECONDS.sleep(LINGER.toNanos());
        return BackgroundLoop.UNTIL_SIGNALLED;
    }

    /** Returns whether the last lines were written, and so the output is read. */
    private boolean writeAll() {
        boolean written = false;
        while (!lines.isEmpty()) {
            try {
                target.write(nextChunk());
                target.flush();
                written = true;
            } catch (Throwable e) { // a closed pipe, a full disk, or no memory for the bytes
                dropped.addAndGet(takenLines);
                written = false;
            }
            pending.addAndGet(-takenBytes);
            takenBytes = 0;
            takenLines = 0;
        }
        return written;
    }

    private byte[] nextChunk() {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        for (byte[] line = lines.poll(); line != null; line = takenBytes < CHUNK ? lines.poll() : null) {
            takenBytes += line.length;
            takenLines += linesOf(line);
            chunk.writeBytes(line);
        }
        return chunk.toByteArray();
    }

    private void reportDropped() {
        long now = dropped();
        if (now > reported) {
            LOG.log(
                    Level.WARNING,
                    "{0} log lines were dropped: the output was not read",
                    Long.toString(now - reported));
            reported = now;
        }
    }

    /** Writes what is pending, for a second at most; what is written to it later is dropped. */
    @Override
    public void close() {
        writer.stop(this::writeAll, FLUSH_TIME);
    }
}
