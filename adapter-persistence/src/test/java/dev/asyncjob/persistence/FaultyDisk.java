package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A folder whose files are written through {@link FaultyFiles}, with faults and at most one crash.
 *
 * <p>A crash copies what survives it to another folder. The files themselves stay as they are and have no fault from
 * then on: whoever still uses them is abandoned, and can end without harm. Safe for use from any thread.
 */
final class FaultyDisk {
    private static final int PAGE = 4096;
    private static final ConcurrentMap<Path, FaultyDisk> DISKS = new ConcurrentHashMap<>();

    /** What survives a crash. */
    enum Crash {
        /** What was written, and whole pages from the beginning of the write in progress, as after a kill. */
        OF_PROCESS,
        /** What was forced, and of what was written since, any pages, as after a power cut. */
        OF_MACHINE
    }

    /**
     * The faults.
     *
     * @param crash what survives
     * @param crashAt the number of the change during which the crash comes; 0 for none
     * @param failFrom the number of the change from which changes fail
     * @param failures how many changes fail
     * @param growthOnly whether only changes fail that let a file grow
     * @param shortened the rate of writes that write a part only, and say so
     * @param delayed the rate of writes that take up to a millisecond
     */
    record Plan(
            Crash crash,
            int crashAt,
            int failFrom,
            int failures,
            boolean growthOnly,
            double shortened,
            double delayed) {
        static final Plan NO_FAULTS = new Plan(Crash.OF_PROCESS, 0, 0, 0, false, 0, 0);

        Plan failing(int from, int changes) {
            return new Plan(crash, crashAt, from, changes, growthOnly, shortened, delayed);
        }
    }

    /** The state of a file when it was last forced: the pages that were overwritten since, and its size. */
    private record Forced(long size, Map<Long, byte[]> pages) {}

    private final Path folder;
    private final Path survivors;
    private final SplittableRandom random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Path, Forced> forced = new HashMap<>();
    private Plan plan;
    private int changes;
    private volatile boolean crashed;

    /**
     * @param folder the folder, which exists
     * @param survivors the folder that a crash makes
     */
    FaultyDisk(Path folder, Path survivors, Plan plan, SplittableRandom random) {
        this.folder = folder;
        this.survivors = survivors;
        this.plan = plan;
        this.random = random;
        DISKS.put(folder, this);
    }

    /** Returns the disk of a file. */
    static FaultyDisk of(Path file) {
        FaultyDisk disk = DISKS.get(file.getParent());
        if (disk == null) {
            throw new IllegalStateException("no disk for " + file);
        }
        return disk;
    }

    Path folder() {
        return folder;
    }

    /** Forgets the disk, whose files are closed. */
    void remove() {
        DISKS.remove(folder);
    }

    /** Whether the crash has come. What another thread does after this was false may survive it or not. */
    boolean crashed() {
        return crashed;
    }

    /** Lets the next changes fail. */
    void failNext(int failures) {
        lock.lock();
        try {
            plan = plan.failing(changes + 1, failures);
        } finally {
            lock.unlock();
        }
    }

    /** Crashes between two changes, unless it has crashed. */
    void crash() {
        lock.lock();
        try {
            if (!crashed) {
                crashed = true;
                copySurvivors();
            }
        } finally {
            lock.unlock();
        }
    }

    int write(Path path, FileChannel file, ByteBuffer source, long position) throws IOException {
        lock.lock();
        try {
            keepForced(path, file, position, source.remaining());
            boolean crashes = begin();
            if (random.nextDouble() < plan.delayed()) {
                LockSupport.parkNanos(random.nextInt(1_000_000));
            }
            if (crashes) {
                crashed = true;
                writePart(file, source, position, pages(source, position));
                copySurvivors();
            } else if (!crashed && fails(position + source.remaining() > file.size())) {
                writePart(file, source, position, pages(source, position));
                throw new IOException("no room");
            }
            int length = source.remaining();
            int part = !crashed && random.nextDouble() < plan.shortened() ? random.nextInt(length) + 1 : length;
            writePart(file, source, position, part);
            source.position(source.position() + part);
            return part;
        } finally {
            lock.unlock();
        }
    }

    void truncate(Path path, FileChannel file, long size) throws IOException {
        lock.lock();
        try {
            keepForced(path, file, size, (int) Math.max(0, file.size() - size));
            crashIf(begin());
            if (!crashed && fails(false)) {
                throw new IOException("no room");
            }
            file.truncate(size);
        } finally {
            lock.unlock();
        }
    }

    void force(Path path) {
        lock.lock();
        try {
            crashIf(begin());
            forced.remove(path);
        } finally {
            lock.unlock();
        }
    }

    /** Deletes or renames; both survive every crash. */
    void changeNames(Runnable change) {
        lock.lock();
        try {
            crashIf(begin());
            change.run();
            forced.keySet().removeIf(path -> !Files.exists(path));
        } finally {
            lock.unlock();
        }
    }

    /** Counts a change, and returns whether the crash comes during it. */
    private boolean begin() {
        changes++;
        return !crashed && changes == plan.crashAt();
    }

    private void crashIf(boolean crashes) {
        if (crashes) {
            crash();
        }
    }

    private boolean fails(boolean grows) {
        if (changes < plan.failFrom() || plan.failures() == 0 || (plan.growthOnly() && !grows)) {
            return false;
        }
        plan = plan.failing(plan.failFrom(), plan.failures() - 1);
        return true;
    }

    /** Returns a number of bytes from none to all, of whole pages unless it is all. */
    private int pages(ByteBuffer source, long position) {
        int ends = (int) ((position + source.remaining()) / PAGE - position / PAGE) + 1;
        int written = (int) ((position / PAGE + random.nextInt(ends + 1)) * PAGE - position);
        return Math.max(0, Math.min(source.remaining(), written));
    }

    private static void writePart(FileChannel file, ByteBuffer source, long position, int length) throws IOException {
        ByteBuffer part = source.slice(source.position(), length);
        while (part.hasRemaining()) {
            file.write(part, position + part.position());
        }
    }

    private void keepForced(Path path, FileChannel file, long position, int length) throws IOException {
        if (plan.crash() == Crash.OF_PROCESS) {
            return;
        }
        long size = file.size();
        Forced before = forced.computeIfAbsent(path, unused -> new Forced(size, new HashMap<>()));
        for (long page = position / PAGE; page * PAGE < Math.min(position + length, before.size()); page++) {
            if (!before.pages().containsKey(page)) {
                ByteBuffer content = ByteBuffer.allocate(PAGE);
                for (int n = 0; n >= 0 && content.hasRemaining(); ) {
                    n = file.read(content, page * PAGE + content.position());
                }
                before.pages().put(page, content.array());
            }
        }
    }

    private void copySurvivors() {
        try (Stream<Path> files = Files.list(folder)) {
            Files.createDirectories(survivors);
            for (Path path : files.toList()) {
                Path copy = Files.copy(path, survivors.resolve(path.getFileName()));
                Forced before = forced.get(path);
                if (before != null) {
                    takeBack(copy, before);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes back what was not forced: all of it, or each page or not. */
    private void takeBack(Path copy, Forced before) throws IOException {
        double rate = List.of(1.0, 0.5, 0.1).get(random.nextInt(3));
        try (FileChannel file = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            for (Map.Entry<Long, byte[]> page : before.pages().entrySet()) {
                if (random.nextDouble() < rate) {
                    file.write(ByteBuffer.wrap(page.getValue()), page.getKey() * PAGE);
                }
            }
            for (long page = before.size() / PAGE; page * PAGE < file.size(); page++) {
                if (random.nextDouble() < rate) {
                    file.write(ByteBuffer.allocate((int) Math.min(PAGE, file.size() - page * PAGE)), page * PAGE);
                }
            }
            if (rate == 1.0) {
                file.truncate(before.size());
            }
        }
    }
}
