package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

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

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (!mode.equals("r")) {
            H2FileModes.create(getBase().toString());
        }
        FileChannel file = getBase().open(mode);
        if (!name.endsWith(DATABASE) || mode.equals("r")) {
            return file;
        }
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
}
