package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.channels.FileChannel;
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

    /** Returns whether the open database file with this name has all changes, and tries to write those that wait. */
    static boolean written(String fileName) {
        H2WriteQueue queue = OPEN.get(fileName);
        return queue == null || queue.written();
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
        H2WriteQueue queue = new H2WriteQueue(file, closed -> OPEN.remove(name, closed));
        OPEN.put(name, queue);
        return queue;
    }
}
