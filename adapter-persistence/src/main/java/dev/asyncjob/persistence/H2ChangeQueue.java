package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.Deadline;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.Deque;
import java.util.LinkedList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a file that wait in memory. One thread of this object makes them, in their order, and repeats one that
 * fails; only this thread waits for the disk. Safe for use from any thread.
 */
final class H2ChangeQueue {
    /** The bytes that may wait; a change beyond them waits for room, and fails if it finds none. */
    static final long MAX_BYTES = 64 << 20;

    /** The least time between two tries. */
    static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    /** The time after which a change in progress is taken for one that does not end. */
    static final Duration STUCK = Duration.ofSeconds(1);

    private static final Duration CLOSE_TIME = Duration.ofSeconds(5);

    private static final Logger LOG = System.getLogger(H2ChangeQueue.class.getName());

    private final FileChannel file;
    private final Runnable onEnd;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final Condition progress = lock.newCondition();
    /** Not an {@code ArrayDeque}: one that has no memory to grow takes itself for empty. */
    @SuppressWarnings("JdkObsolete")
    private final Deque<H2Change> waiting = new LinkedList<>();

    private long waitingBytes;
    private long size;
    private long added;
    private long made;
    private @Nullable Long inProgressSince;
    private boolean closing;
    private boolean ended;
    private boolean failing;
    private volatile boolean behind;

    /** @param onEnd called when the thread has made its last change, before it closes the file */
    H2ChangeQueue(FileChannel file, Runnable onEnd) throws IOException {
        this.file = file;
        this.onEnd = onEnd;
        this.size = file.size();
        Thread thread = new Thread(this::makeChanges, "asyncjob-h2-file");
        thread.setDaemon(true); // what was acknowledged is in the file
        thread.start();
    }

    /** Returns whether changes wait. */
    boolean isBehind() {
        return behind;
    }

    /** Returns the changes that wait. */
    List<H2Change> waiting() {
        return locked(() -> List.copyOf(waiting));
    }

    /** Returns the size of the file after all changes. */
    long size() {
        return locked(() -> size);
    }

    /** Returns whether a change can be made: none fails, and none hangs, or no longer does within the limit. */
    boolean awaitWritable(Duration limit) {
        return !behind
                || locked(() -> {
                    await(() -> isFailing() || !isStuck(), limit);
                    return !isFailing() && !isStuck();
                });
    }

    /** Returns whether the file has all changes until now, within the limit; false at once while changes fail. */
    boolean awaitWritten(Duration limit) {
        return !behind
                || locked(() -> {
                    long all = added;
                    await(() -> made >= all || failing || ended, limit);
                    return made >= all;
                });
    }

    /** Waits as {@link #awaitWritten} does, for {@link #STUCK} at most, and not behind a change that hangs. */
    void awaitUnlessStuck() {
        if (behind && !locked(this::isStuck)) {
            var unused = awaitWritten(STUCK);
        }
    }

    /** A file that was closed, as by an interrupt, does not count: H2 finds out when it writes, and opens it again. */
    private boolean isFailing() {
        return failing && file.isOpen();
    }

    private boolean isStuck() {
        return inProgressSince != null && System.nanoTime() - inProgressSince > STUCK.toNanos();
    }

    private interface Task<T, E extends Exception> {
        T run() throws E;
    }

    private <T, E extends Exception> T locked(Task<T, E> task) throws E {
        lock.lock();
        try {
            return task.run();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the condition holds or the time is over; an interrupt does not end it. */
    private void await(BooleanSupplier condition, Duration limit) {
        boolean interrupted = false;
        long end = System.nanoTime() + limit.toNanos();
        for (long left = limit.toNanos(); left > 0 && !condition.getAsBoolean(); left = end - System.nanoTime()) {
            try {
                var unused = progress.await(left, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Adds a change.
     *
     * @throws IOException if the file is closed, or {@link #MAX_BYTES} wait and do not become less before the deadline
     */
    void add(H2Change change) throws IOException {
        var unused = locked(() -> {
            BooleanSupplier room = () -> waiting.isEmpty() || waitingBytes + change.bytes() <= MAX_BYTES;
            await(() -> room.getAsBoolean() || failing || ended, Deadline.left());
            if (closing || !file.isOpen()) {
                throw new ClosedChannelException();
            }
            if (!room.getAsBoolean()) {
                throw new IOException("more than " + MAX_BYTES + " bytes wait");
            }
            long sizeAfter = change.sizeAfter(size);
            waiting.add(change.kept());
            waitingBytes += change.bytes();
            size = sizeAfter;
            added++;
            behind = true;
            more.signal();
            return true;
        });
    }

    private void makeChanges() {
        boolean failed = false;
        for (boolean over = false; !over; ) {
            try {
                LockSupport.parkNanos(failed ? RETRY_INTERVAL.toNanos() : 0);
                failed = false;
                over = makeNext();
            } catch (Throwable e) { // of memory, for a lock: the change is made again, with the same result
                failed = true;
            }
        }
    }

    /** Returns whether it was the last. */
    private boolean makeNext() {
        H2Change next = next();
        if (next == null) {
            end();
            return true;
        }
        Throwable failure = null;
        try {
            next.apply(file);
        } catch (Throwable e) { // also an Error, such as no direct buffer: H2 would close its store
            failure = e;
        }
        note(next, failure);
        return false;
    }

    private @Nullable H2Change next() {
        return this.<@Nullable H2Change, RuntimeException>locked(() -> {
            while (waiting.isEmpty() && !closing) {
                more.awaitUninterruptibly();
            }
            inProgressSince = System.nanoTime();
            return waiting.peek();
        });
    }

    private void note(H2Change change, @Nullable Throwable failure) {
        var unused = locked(() -> {
            inProgressSince = null;
            if (failure == null && waiting.poll() != null) {
                waitingBytes -= change.bytes();
                made++;
                behind = !waiting.isEmpty();
            }
            report(failure);
            failing = failure != null;
            progress.signalAll();
            if (failing && closing) {
                waiting.clear();
            } else if (failing) {
                pause();
            }
            return true;
        });
    }

    private void pause() {
        try {
            long left = RETRY_INTERVAL.toNanos();
            while (left > 0 && !closing) {
                left = more.awaitNanos(left);
            }
        } catch (InterruptedException e) { // it only tries again sooner
        }
    }

    private void report(@Nullable Throwable failure) {
        try {
            if (failure != null && !failing) {
                LOG.log(
                        Level.ERROR,
                        "the database file cannot be written; changes are refused until it can: {0}",
                        failure.getMessage());
            } else if (failure == null && failing) {
                LOG.log(Level.INFO, "the database file can be written again");
            }
        } catch (Throwable e) { // the log fails as well, and the changes go on without it
            failing = failure != null;
        }
    }

    /** Gives up the changes that cannot be made in time; none of them was acknowledged. */
    void close() {
        var unused = locked(() -> {
            closing = true;
            more.signal();
            await(() -> ended, CLOSE_TIME);
            waiting.clear();
            return true;
        });
    }

    private void end() {
        try {
            onEnd.run();
            file.close();
        } catch (Throwable e) {
            LOG.log(Level.WARNING, "the database file was not closed properly: {0}", e.getMessage());
        } finally {
            var unused = locked(() -> {
                ended = true;
                progress.signalAll();
                return true;
            });
        }
    }
}
