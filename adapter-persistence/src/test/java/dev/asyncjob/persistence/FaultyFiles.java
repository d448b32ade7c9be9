package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system of H2, {@code faulty:}, each folder of which is a {@link FaultyDisk}, with the faults of its plan. H2
 * instantiates it.
 */
public final class FaultyFiles extends FilePathWrapper {
    /** Makes the scheme known. */
    static void register() {
        FilePath.register(new FaultyFiles());
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    private Path file() {
        return Path.of(getBase().toString());
    }

    private FaultyDisk disk() {
        return FaultyDisk.of(file());
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        return new FaultyFile(file(), getBase().open(mode), disk());
    }

    @Override
    public void delete() {
        disk().changeNames(super::delete);
    }

    @Override
    public void moveTo(FilePath target, boolean replace) {
        disk().changeNames(() -> super.moveTo(target, replace));
    }

    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // reads need not wait for writes
    private static final class FaultyFile extends FileBaseDefault {
        private final Path path;
        private final FileChannel file;
        private final FaultyDisk disk;

        FaultyFile(Path path, FileChannel file, FaultyDisk disk) {
            this.path = path;
            this.file = file;
            this.disk = disk;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            return disk.write(path, file, source, position);
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            disk.truncate(path, file, size);
        }

        @Override
        public void force(boolean metaData) {
            disk.force(path);
        }

        @Override
        public long size() throws IOException {
            return file.size();
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
