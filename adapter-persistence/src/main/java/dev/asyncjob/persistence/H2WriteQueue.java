package dev.asyncjob.persistence;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.h2.store.fs.FileBaseDefault;

/**
 * A database file of H2 whose changes succeed for H2 although the disk is full.
 *
 * <p>H2 closes its store when a write fails, while commits of other threads return, and a write that failed in its
 * middle can make H2 go back to an older version when it opens the file again. So a change that fails, and all changes
 * after it, wait in memory, in their order, and are repeated; H2 reads the file as if they had succeeded. The store
 * acknowledges nothing before {@link #written} is true. Meanwhile the file is what it would be if the process had ended
 * before the first change that waits. Safe for use from any thread.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // reads need not wait for each other
final class H2WriteQueue extends FileBaseDefault {
    /** The bytes that may wait; a write beyond them fails, and H2 closes its store. */
    static final long MAX_BYTES = 64 << 20;

    /** The least time between two tries. */
    static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    private static final Logger LOG = System.getLogger(H2WriteQueue.class.getName());

    private final FileChannel file;
    private final Consumer<H2WriteQueue> onClose;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Change> waiting = new ArrayDeque<>();
    private final H2Header header = new H2Header();
    private long waitingBytes;
    private long lastTry;
    private volatile boolean behind;

    /** A change of the file. */
    private sealed interface Change {
        void apply(FileChannel file) throws IOException;

        /** Returns the size of the file after this change. */
        long sizeAfter(long before);

        /** Makes this change in bytes that were read from the position. */
        void applyTo(byte[] read, long from);

        /** Returns the same change, independent of the caller's buffer. */
        Change kept();

        int bytes();
    }

    private record Write(ByteBuffer content, long position) implements Change {
        /**
         * Lets the file grow first: that is what fails on a full disk, and then no byte that the file had before is
         * overwritten in part.
         */
        @Override
        public void apply(FileChannel file) throws IOException {
            int within = (int) Math.max(0, Math.min(bytes(), file.size() - position));
            writeFully(file, content.slice(within, bytes() - within), position + within);
            writeFully(file, content.slice(0, within), position);
        }

        private static void writeFully(FileChannel file, ByteBuffer source, long position) throws IOException {
            long next = position;
            while (source.hasRemaining()) {
                next += file.write(source, next);
            }
        }

        @Override
        public long sizeAfter(long before) {
            return Math.max(before, position + bytes());
        }

        @Override
        public void applyTo(byte[] read, long from) {
            long start = Math.max(position, from);
            long end = Math.min(position + bytes(), from + read.length);
            if (start < end) {
                content.get((int) (start - position), read, (int) (start - from), (int) (end - start));
            }
        }

        @Override
        public Change kept() {
            return new Write(ByteBuffer.allocate(bytes()).put(0, content, 0, bytes()), position);
        }

        @Override
        public int bytes() {
            return content.capacity();
        }
    }

    private record Truncation(long size) implements Change {
        @Override
        public void apply(FileChannel file) throws IOException {
            file.truncate(size);
        }

        @Override
        public long sizeAfter(long before) {
            return Math.min(before, size);
        }

        @Override
        public void applyTo(byte[] read, long from) {
            int kept = (int) Math.max(0, Math.min(read.length, size - from));
            Arrays.fill(read, kept, read.length, (byte) 0);
        }

        @Override
        public Change kept() {
            return this;
        }

        @Override
        public int bytes() {
            return 0;
        }
    }

    /**
     * @param file the file
     * @param onClose called with this object when H2 closes the file
     */
    H2WriteQueue(FileChannel file, Consumer<H2WriteQueue> onClose) {
        this.file = file;
        this.onClose = onClose;
    }

    /** Repeats the changes that wait, unless that was tried just now, and returns whether none waits any more. */
    boolean written() {
        if (!behind) {
            return true;
        }
        lock.lock();
        try {
            return !behind || (System.nanoTime() - lastTry >= RETRY_INTERVAL.toNanos() && repeat());
        } finally {
            lock.unlock();
        }
    }

    private boolean repeat() {
        try {
            for (Change next = waiting.peek(); next != null; next = waiting.peek()) {
                next.apply(file);
                waiting.remove();
                waitingBytes -= next.bytes();
            }
            behind = false;
            LOG.log(Level.INFO, "the database file has all changes again");
            return true;
        } catch (IOException e) {
            lastTry = System.nanoTime();
            return false;
        }
    }

    private void change(Change change) throws IOException {
        lock.lock();
        try {
            if (!behind && !failed(change)) {
                return;
            }
            if (waitingBytes + change.bytes() > MAX_BYTES) {
                throw new IOException("more than " + MAX_BYTES + " bytes wait");
            }
            waiting.add(change.kept());
            waitingBytes += change.bytes();
            behind = true;
        } finally {
            lock.unlock();
        }
    }

    private boolean failed(Change change) throws IOException {
        try {
            change.apply(file);
            return false;
        } catch (IOException e) {
            if (!file.isOpen()) {
                throw e;
            }
            LOG.log(
                    Level.ERROR,
                    "the database file cannot be written; changes are refused until it can: {0}",
                    e.getMessage());
            lastTry = System.nanoTime();
            return true;
        }
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        ByteBuffer content = source.slice();
        lock.lock();
        try {
            if (position == 0) {
                change(new Write(header.corrected(content), 0));
            } else {
                Optional<ByteBuffer> missing = position < changedSize() ? header.missing() : Optional.empty();
                if (missing.isPresent()) {
                    change(new Write(missing.get(), 0));
                }
                change(new Write(content, position));
                header.written(content, position);
            }
        } finally {
            lock.unlock();
        }
        source.position(source.limit());
        return content.capacity();
    }

    @Override
    protected void implTruncate(long size) throws IOException {
        change(new Truncation(size));
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        if (!behind) {
            return file.read(target, position);
        }
        lock.lock();
        try {
            int length = (int) Math.min(target.remaining(), changedSize() - position);
            if (length <= 0) {
                return -1;
            }
            byte[] content = new byte[length];
            ByteBuffer read = ByteBuffer.wrap(content);
            for (int n = 0; n >= 0 && read.hasRemaining(); ) {
                n = file.read(read, position + read.position());
            }
            waiting.forEach(change -> change.applyTo(content, position));
            target.put(content);
            return length;
        } finally {
            lock.unlock();
        }
    }

    private long changedSize() throws IOException {
        long size = file.size();
        for (Change change : waiting) {
            size = change.sizeAfter(size);
        }
        return size;
    }

    @Override
    public long size() throws IOException {
        lock.lock();
        try {
            return changedSize();
        } finally {
            lock.unlock();
        }
    }

    /** Does nothing while changes wait, so that no failure closes H2's store: the file has no other promise then. */
    @Override
    public void force(boolean metaData) throws IOException {
        if (!behind) {
            file.force(metaData);
        }
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return file.tryLock(position, size, shared);
    }

    /** Gives up the changes that still cannot be written; none of them was acknowledged. */
    @Override
    protected void implCloseChannel() throws IOException {
        var unused = written();
        onClose.accept(this);
        file.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
