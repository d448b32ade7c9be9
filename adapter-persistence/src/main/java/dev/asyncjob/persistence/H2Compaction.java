package dev.asyncjob.persistence;

import java.lang.reflect.Method;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.h2.mvstore.FileStore;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RandomAccessStore;
import org.h2.mvstore.SFChunk;

/**
 * Keeps the file of an H2 database from growing: rewrites what is left of chunks that are mostly dead, so that H2 uses
 * their space again. H2's own thread would do so, but does not run with {@code WRITE_DELAY=0}.
 *
 * <p>No chunk is moved. After a crash between the copy of a chunk and the end of its move, H2 can take the copy for the
 * chunk, without a note in the file, and then overwrites the chunk that the file names. Safe for use from any thread.
 */
final class H2Compaction implements Runnable {
    /** The part of the file's chunks that must be in use, in percent; below it the file is compacted. */
    static final int FILL_RATE = 60;

    /** The bytes that one run rewrites. */
    static final int MAX_BYTES = 4 << 20;

    private static final int FOR_EVER = (int) Duration.ofDays(20).toMillis();

    private static final long FIRST_BLOCK = 2;

    private static final Method CHUNKS = chunks();

    private final Transactions transactions;

    H2Compaction(Transactions transactions) {
        this.transactions = transactions;
    }

    @Override
    public void run() {
        transactions.call(handle -> {
            try {
                compact(H2Commit.store(handle.getConnection()));
                return true;
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void compact(MVStore store) {
        if (!(store.getFileStore() instanceof RandomAccessStore file)) {
            return; // in memory
        }
        store.setRetentionTime(0);
        store.executeFilestoreOperation(() -> letGo(file));
        if (file.getChunksFillRate() < FILL_RATE) {
            rewrite(store);
        }
    }

    /**
     * Lets H2 forget the dead chunks that a crash has overwritten. H2 has no place for them, and would free no other
     * chunk before them.
     */
    private static void letGo(RandomAccessStore file) {
        for (SFChunk chunk : chunks(file)) {
            if (chunk.block == 0 && chunk.len == 0) {
                chunk.block = FIRST_BLOCK; // of length 0
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Collection<SFChunk> chunks(RandomAccessStore file) {
        try {
            return ((Map<Integer, SFChunk>) CHUNKS.invoke(file)).values();
        } catch (ReflectiveOperationException e) {
            return List.of(); // an exception would close the store
        }
    }

    private static Method chunks() {
        try {
            Method chunks = FileStore.class.getDeclaredMethod("getChunks");
            chunks.setAccessible(true);
            return chunks;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("not the H2 that this was written for", e);
        }
    }

    /**
     * Rewrites what is left of chunks. H2 notes in memory which chunks are dead now, and would overwrite them before
     * the file says so; if the process ended in between, H2 would go back to an older version when it opens the file
     * again. So no chunk is overwritten before the next commit; and no other thread commits before that is set, since
     * H2 rewrites only what it may also overwrite.
     */
    private static void rewrite(MVStore store) {
        try {
            store.executeFilestoreOperation(() -> {
                var unused = store.compact(FILL_RATE, MAX_BYTES);
                store.setRetentionTime(FOR_EVER);
            });
            store.commit();
        } finally {
            store.setRetentionTime(0);
        }
    }
}
