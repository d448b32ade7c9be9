package dev.asyncjob.persistence;

import java.sql.SQLException;
import java.time.Duration;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.RandomAccessStore;

/**
 * Keeps the file of an H2 database from growing: rewrites what is left of chunks that are mostly dead, and moves chunks
 * to the front of the file. H2's own thread would do so, but does not run with {@code WRITE_DELAY=0}. Safe for use from
 * any thread.
 */
final class H2Compaction implements Runnable {
    /** The part of the file, and of its chunks, that must be in use, in percent; below it the file is compacted. */
    static final int FILL_RATE = 60;

    /** The bytes that one run rewrites or moves. */
    static final int MAX_BYTES = 4 << 20;

    private static final int FOR_EVER = (int) Duration.ofDays(20).toMillis();

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
        if (file.getChunksFillRate() < FILL_RATE) {
            rewrite(store);
        }
        if (file.getFillRate() < FILL_RATE) {
            file.compactMoveChunks(FILL_RATE, MAX_BYTES, store);
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
