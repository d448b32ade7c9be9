package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import org.h2.store.fs.FileBaseDefault;

/**
 * A file that no interrupt closes, in place of the one that H2 has for {@code async:}. That one waits without a limit
 * for a thread of the JDK, which an OutOfMemoryError may have ended. Reads do not wait for writes. Safe for use from
 * any thread.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // each of the two files has a lock of its own
final class UninterruptedFile extends FileBaseDefault {
    private final Path path;
    private final RandomAccessFile writes;
    private final RandomAccessFile reads;

    /** @param mode as {@link RandomAccessFile} has it, with writing */
    UninterruptedFile(Path path, String mode) throws IOException {
        this.path = path;
        this.writes = new RandomAccessFile(path.toFile(), mode);
        try {
            this.reads = new RandomAccessFile(path.toFile(), "r");
        } catch (Throwable e) {
            writes.close();
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        byte[] content = target.hasArray() ? target.array() : new byte[target.remaining()];
        int offset = target.hasArray() ? target.arrayOffset() + target.position() : 0;
        int length;
        synchronized (reads) {
            reads.seek(position);
            length = reads.read(content, offset, target.remaining());
        }
        if (length > 0 && target.hasArray()) {
            target.position(target.position() + length);
        } else if (length > 0) {
            target.put(content, 0, length);
        }
        return length;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        int length = source.remaining();
        byte[] content = new byte[length];
        source.get(content);
        synchronized (writes) {
            writes.seek(position);
            writes.write(content);
        }
        return length;
    }

    @Override
    public long size() throws IOException {
        return reads.length();
    }

    @Override
    protected void implTruncate(long size) throws IOException {
        if (size < size()) {
            writes.setLength(size);
        }
    }

    @Override
    public void force(boolean metaData) throws IOException {
        writes.getFD().sync();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return writes.getChannel().tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        try {
            reads.close();
        } finally {
            writes.close();
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
