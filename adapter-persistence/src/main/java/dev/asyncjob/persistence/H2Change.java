package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/** A change of a file. Its objects are immutable but for the buffer of the caller. */
sealed interface H2Change {
    void apply(FileChannel file) throws IOException;

    /** Returns the size of the file after this change. */
    long sizeAfter(long before);

    /** Makes this change in bytes that were read from the position. */
    void applyTo(byte[] read, long from);

    /** Returns the same change, independent of the caller's buffer. */
    H2Change kept();

    int bytes();

    /** Bytes at a position. */
    record Write(ByteBuffer content, long position) implements H2Change {
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
        public H2Change kept() {
            return new Write(ByteBuffer.allocate(bytes()).put(0, content, 0, bytes()), position);
        }

        @Override
        public int bytes() {
            return content.capacity();
        }
    }

    /** The end of the file is cut off. */
    record Truncation(long size) implements H2Change {
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
        public H2Change kept() {
            return this;
        }

        @Override
        public int bytes() {
            return 0;
        }
    }

    /** What was written before must outlive the end of the machine. */
    record Force(boolean metaData) implements H2Change {
        @Override
        public void apply(FileChannel file) throws IOException {
            file.force(metaData);
        }

        @Override
        public long sizeAfter(long before) {
            return before;
        }

        @Override
        public void applyTo(byte[] read, long from) {}

        @Override
        public H2Change kept() {
            return this;
        }

        @Override
        public int bytes() {
            return 0;
        }
    }
}
