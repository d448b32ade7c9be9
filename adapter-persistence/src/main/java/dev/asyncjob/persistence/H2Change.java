package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * A change of a file.
 *
 * @param content the bytes of a write, whose buffer is the caller's until {@link #kept}; otherwise empty
 * @param position of the first byte, or the size after a truncation
 */
record H2Change(Type type, ByteBuffer content, long position) {
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    /** What a change does; a force lets what was written before outlive the end of the machine. */
    private enum Type {
        WRITE,
        TRUNCATE,
        FORCE
    }

    static H2Change write(ByteBuffer content, long position) {
        return new H2Change(Type.WRITE, content, position);
    }

    static H2Change truncate(long size) {
        return new H2Change(Type.TRUNCATE, NONE, size);
    }

    static H2Change force() {
        return new H2Change(Type.FORCE, NONE, 0);
    }

    /**
     * Lets the file grow first: that is what fails on a full disk, and then no byte that the file had before is
     * overwritten in part. The content is then written in its order, since H2 takes a chunk for whole that has its
     * first and its last line.
     */
    void apply(FileChannel file) throws IOException {
        switch (type) {
            case WRITE -> {
                int within = (int) Math.max(0, Math.min(bytes(), file.size() - position));
                if (within > 0 && within < bytes()) {
                    writeFully(file, ByteBuffer.allocate(bytes() - within), position + within);
                }
                writeFully(file, content.slice(0, bytes()), position);
            }
            case TRUNCATE -> file.truncate(position);
            case FORCE -> file.force(true);
        }
    }

    private static void writeFully(FileChannel file, ByteBuffer source, long position) throws IOException {
        long next = position;
        while (source.hasRemaining()) {
            next += file.write(source, next);
        }
    }

    /** Returns the size of the file after this change. */
    long sizeAfter(long before) {
        return type == Type.TRUNCATE ? Math.min(before, position) : Math.max(before, position + bytes());
    }

    /** Makes this change in bytes that were read from the position. */
    void applyTo(byte[] read, long from) {
        long start = Math.max(position, from);
        long end = Math.min(position + bytes(), from + read.length);
        if (type == Type.TRUNCATE) {
            Arrays.fill(read, (int) Math.max(0, Math.min(read.length, position - from)), read.length, (byte) 0);
        } else if (start < end) {
            content.get((int) (start - position), read, (int) (start - from), (int) (end - start));
        }
    }

    /** Returns the same change, independent of the caller's buffer. */
    H2Change kept() {
        return new H2Change(type, ByteBuffer.allocate(bytes()).put(0, content, 0, bytes()), position);
    }

    int bytes() {
        return content.capacity();
    }
}
