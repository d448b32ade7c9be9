package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.h2.store.fs.FileUtils;
import org.h2.store.fs.async.FilePathAsync;

/**
 * The file system {@code asyncjob:} of H2: another one, such as {@code async:}, whose database files are written
 * through an {@link H2WriteQueue}. H2 instantiates this class. Safe for use from any thread.
 */
public final class H2File extends FilePathWrapper {
    /** The prefix of the paths of this file system. */
    static final String SCHEME = "asyncjob";

    private static final String DATABASE = ".mv.db";

    private static final ConcurrentMap<String, H2WriteQueue> OPEN = new ConcurrentHashMap<>();

    /** For H2, which gives the new object a path. */
    public H2File() {}

    /** Makes the file system known to H2. */
    static void register() {
        FilePath.register(new H2File());
    }

    /** Returns whether the open database file with this name can be changed; see {@link H2WriteQueue}. */
    static boolean awaitWritable(String fileName, Duration limit) {
        H2WriteQueue queue = OPEN.get(fileName);
        return queue == null || queue.awaitWritable(limit);
    }

    /** Returns whether the open database file with this name has all changes; see {@link H2WriteQueue}. */
    static boolean awaitWritten(String fileName, Duration limit) {
        H2WriteQueue queue = OPEN.get(fileName);
        return queue == null || queue.awaitWritten(limit);
    }

    /** Returns whether this process has the database file open. */
    static boolean isOpen(String file) {
        String path = FileUtils.toRealPath(file);
        return OPEN.keySet().stream().anyMatch(name -> name.endsWith(path));
    }

    /**
     * Writes the content of an open database file, with all changes. To open the file once more would end its lock when
     * that is closed.
     *
     * @param fileName as H2 has it
     */
    static void copy(String fileName, OutputStream target) throws IOException {
        H2WriteQueue queue = OPEN.get(fileName);
        if (queue == null) {
            throw new IOException(fileName + " is not open");
        }
        ByteBuffer part = ByteBuffer.allocate(1 << 20);
        for (long position = 0; queue.read(part, position) > 0; position += part.position(), part.clear()) {
            target.write(part.array(), 0, part.position());
        }
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (!mode.equals("r")) {
            H2FileModes.create(getBase().toString());
        }
        if (!name.endsWith(DATABASE) || mode.equals("r")) {
            return getBase().open(mode);
        }
        closeAbandoned();
        FileChannel file = getBase() instanceof FilePathAsync
                ? new UninterruptedFile(H2FileModes.path(getBase().toString()), mode)
                : getBase().open(mode);
        try {
            H2WriteQueue queue = new H2WriteQueue(file, closed -> OPEN.remove(name, closed));
            if (OPEN.putIfAbsent(name, queue) != null) {
                queue.close();
                throw new IOException(name + " is still being written");
            }
            return queue;
        } catch (Throwable e) { // also an Error, such as no thread
            file.close();
            throw e;
        }
    }

    /**
     * Closes the file of a store that H2 has given up without closing it, as after an OutOfMemoryError: H2 has one
     * store for a file, so when it opens the file again, nothing else uses it.
     */
    private void closeAbandoned() throws IOException {
        H2WriteQueue before = OPEN.get(name);
        if (before != null) {
            before.close();
        }
    }
}
