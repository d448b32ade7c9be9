package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system of H2, {@code held:}, whose writes wait while they are held, and fail where a file would exceed the
 * room for it. H2 instantiates it.
 */
public final class HeldFiles extends FilePathWrapper {
    private static volatile Hold hold = new Hold();
    private static volatile long room = Long.MAX_VALUE;
    private static final AtomicReference<Error> FAILURE = new AtomicReference<>();

    /** A time during which no write ends. */
    static final class Hold {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);

        /** Waits until a thread writes. */
        void awaitWriter() throws InterruptedException {
            reached.await();
        }

        /** Lets all writes continue. */
        void release() {
            end.countDown();
        }

        private void pass() {
            reached.countDown();
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Begins to hold writes. */
    static Hold begin() {
        hold = new Hold();
        return hold;
    }

    /** Lets no file grow beyond this size, like a full disk: a write ends where the room does. */
    static void limit(long bytes) {
        room = bytes;
    }

    /** Lets one write fail, as the JVM does that has no memory for it or no thread. */
    static void failOnce(Error failure) {
        FAILURE.set(failure);
    }

    /** Makes the scheme known, and lets writes pass. */
    static void register() {
        FilePath.register(new HeldFiles());
        begin().release();
        limit(Long.MAX_VALUE);
    }

    @Override
    public String getScheme() {
        return "held";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        return new HeldFile(file);
    }

    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // several threads read while a write is held
    private static final class HeldFile extends FileBaseDefault {
        private final FileChannel file;

        HeldFile(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            hold.pass();
            Error failure = FAILURE.getAndSet(null);
            if (failure != null) {
                throw failure;
            }
            int length = source.remaining();
            if (position + length <= room) {
                return file.write(source, position);
            }
            int fitting = (int) Math.max(0, room - position);
            file.write(source.slice(source.position(), fitting), position);
            throw new IOException("no room");
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return file.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            file.close();
        }
    }
}
