package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.h2.store.fs.FileBaseDefault;

/**
 * A database file of H2 whose changes succeed for H2 although the disk is full or does not answer.
 *
 * <p>H2 closes its store when a write fails, while commits of other threads return, and a write that failed in its
 * middle can make H2 go back to an older version when it opens the file again; a write that does not end would hold
 * H2's locks. So changes wait in an {@link H2ChangeQueue}, and H2 reads the file as if all were made. The store
 * acknowledges nothing before {@link #awaitWritten}. Meanwhile the file is what it would be if the process had ended
 * before the first change that waits. Safe for use from any thread.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // reads need not wait for each other
final class H2WriteQueue extends FileBaseDefault {
    private static final ThreadLocal<Boolean> DEFERRING = ThreadLocal.withInitial(() -> false);

    private final FileChannel file;
    private final H2ChangeQueue queue;
    private final ReentrantLock lock = new ReentrantLock();
    private final H2Header header;

    /**
     * @param file the file
     * @param onClose called with this object when the file is closed
     */
    H2WriteQueue(FileChannel file, Consumer<H2WriteQueue> onClose) throws IOException {
        this.file = file;
        this.header = new H2Header(file);
        this.queue = new H2ChangeQueue(file, () -> onClose.accept(this));
    }

    /** Runs a task whose writes do not wait for the file, since the caller will call {@link #awaitWritten}. */
    static <T> T deferring(Supplier<T> task) {
        boolean before = DEFERRING.get();
        DEFERRING.set(true);
        try {
            return task.get();
        } finally {
            DEFERRING.set(before);
        }
    }

    /** Returns what {@link H2ChangeQueue#awaitWritable} does. */
    boolean awaitWritable(Duration limit) {
        return queue.awaitWritable(limit);
    }

    /** Returns what {@link H2ChangeQueue#awaitWritten} does. */
    boolean awaitWritten(Duration limit) {
        return queue.awaitWritten(limit);
    }

    /** What does not defer, such as a commit of the application's own, waits for the file, unless that hangs. */
    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        ByteBuffer content = source.slice();
        lock.lock();
        try {
            if (position == 0) {
                queue.add(H2Change.write(header.corrected(content), 0));
            } else {
                Optional<ByteBuffer> missing = position < queue.size() ? header.before(content) : Optional.empty();
                if (missing.isPresent()) {
                    queue.add(H2Change.write(missing.get(), 0));
                }
                queue.add(H2Change.write(content, position));
                header.written(content, position);
            }
        } finally {
            lock.unlock();
        }
        if (!DEFERRING.get()) {
            queue.awaitUnlessStuck();
        }
        source.position(source.limit());
        return content.capacity();
    }

    @Override
    protected void implTruncate(long size) throws IOException {
        queue.add(H2Change.truncate(size));
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        if (!queue.isBehind()) {
            return file.read(target, position);
        }
        List<H2Change> changes = queue.waiting();
        int length = (int) Math.min(target.remaining(), queue.size() - position);
        if (length <= 0) {
            return -1;
        }
        byte[] content = new byte[length];
        ByteBuffer read = ByteBuffer.wrap(content);
        for (int n = 0; n >= 0 && read.hasRemaining(); ) {
            n = file.read(read, position + read.position());
        }
        changes.forEach(change -> change.applyTo(content, position)); // also those that were made meanwhile
        target.put(content);
        return length;
    }

    @Override
    public long size() {
        return queue.size();
    }

    @Override
    public void force(boolean metaData) throws IOException {
        queue.add(H2Change.force());
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return file.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() {
        queue.close();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
