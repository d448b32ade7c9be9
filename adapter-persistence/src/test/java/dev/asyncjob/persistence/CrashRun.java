package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.JobStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.value.VersionedValue;

/**
 * The lives of one database file, from one seed: in each, clients use the store while its {@link FaultyDisk} fails,
 * until the store is closed or crashes; the next one opens what is left.
 *
 * <p>The seed decides on the faults and on what each client asks for. The order in which threads take turns is left to
 * the machine, so a seed that fails once may have to be repeated some times.
 */
final class CrashRun {
    private static final int WRITERS = 8;
    private static final int READERS = 2;

    /** How long a store may take to work again when its disk does. */
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    /** What happened. */
    record Report(int lives, int crashes, int closes, int jobs, List<String> violations) {}

    private final Path folder;
    private final SplittableRandom random;
    private final FaultyDisk.Crash crash;
    private final CrashLedger ledger = new CrashLedger();
    private final List<CrashClient> writers = new ArrayList<>();
    private final List<CrashClient> readers = new ArrayList<>();
    private int crashes;
    private int closes;

    /**
     * @param folder an empty folder
     * @param template a file with an empty database
     */
    CrashRun(Path folder, Path template, FaultyDisk.Crash crash, long seed) throws IOException {
        this.folder = folder;
        this.crash = crash;
        this.random = new SplittableRandom(seed);
        for (int i = 0; i < WRITERS + READERS; i++) {
            (i < WRITERS ? writers : readers).add(new CrashClient(ledger, random.split()));
        }
        Files.copy(template, Files.createDirectories(life(1)).resolve("jobs.mv.db"));
    }

    private Path life(int number) {
        return folder.resolve("life" + number);
    }

    /** Runs all lives, or those up to the first violation. */
    Report run() throws Exception {
        int lives = random.nextInt(2, 6);
        for (int i = 1; i <= lives && ledger.violations().isEmpty(); i++) {
            live(i, random.nextInt(4) == 0);
        }
        if (ledger.violations().isEmpty()) {
            last(lives + 1);
        }
        return new Report(lives, crashes, closes, ledger.size(), ledger.violations());
    }

    private FaultyDisk.Plan plan(boolean closes) {
        boolean fails = random.nextInt(3) == 0;
        return new FaultyDisk.Plan(
                crash,
                closes ? 0 : random.nextInt(1, 150),
                fails ? random.nextInt(1, 100) : 0,
                fails ? random.nextInt(1, 4) : 0,
                random.nextBoolean(),
                random.nextBoolean() ? 0.2 : 0,
                random.nextInt(3) == 0 ? 0.1 : 0);
    }

    private DatabaseSettings settings(int number) {
        return DatabaseSettings.defaults()
                .withUrl("jdbc:h2:faulty:" + life(number).resolve("jobs"))
                .withMigrate(false)
                .withPoolSize(WRITERS);
    }

    private void live(int number, boolean closing) throws Exception {
        FaultyDisk disk = new FaultyDisk(life(number), life(number + 1), plan(closing), random.split());
        DatabaseSettings settings = settings(number);
        JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY);
        Connection admin = TestDatabase.connect(settings);
        try {
            use(database.store(), admin, disk);
            if (closing) {
                close(database, admin, disk);
            } else {
                disk.crash();
                crashes++;
                abandon(database, admin);
            }
        } finally {
            disk.remove();
        }
    }

    private void use(JobStore store, Connection admin, FaultyDisk disk) throws Exception {
        if (!disk.crashed()) {
            checkWhole(admin);
            awaitWorking(store, disk);
            check(store);
        }
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS + READERS);
        try {
            List<Future<?>> writing = submit(threads, writers, client -> client.write(store, admin, disk));
            List<Future<?>> reading =
                    submit(threads, readers, client -> client.read(store, disk, () -> isDone(writing)));
            for (Future<?> one :
                    Stream.concat(writing.stream(), reading.stream()).toList()) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("a client failed", e.getCause());
        } finally {
            threads.shutdownNow();
        }
        awaitWorking(store, disk);
    }

    /**
     * Looks for changes of calls that were in progress at the crash: H2 rolls back those that it finds in its log when
     * it opens the file, and takes the others for changes of a later transaction that has the same number.
     */
    private void checkWhole(Connection admin) throws SQLException {
        MVStore store = H2Commit.store(admin);
        for (String name : store.getMapNames()) {
            if (name.startsWith("table.") || name.startsWith("index.")) {
                MVMap<?, ?> map = store.openMap(name);
                for (Object value : map.values()) {
                    if (value instanceof VersionedValue<?> one && one.getOperationId() != 0) {
                        ledger.violated("the file has a part of a change: " + name + " " + one);
                    }
                }
            }
        }
    }

    private interface Use {
        void of(CrashClient client) throws Exception;
    }

    private static List<Future<?>> submit(ExecutorService threads, List<CrashClient> clients, Use use) {
        List<Future<?>> futures = new ArrayList<>();
        for (CrashClient client : clients) {
            Callable<Boolean> task = () -> {
                use.of(client);
                return true;
            };
            futures.add(threads.submit(task));
        }
        return futures;
    }

    private static boolean isDone(List<Future<?>> all) {
        return all.stream().allMatch(Future::isDone);
    }

    /** Compares what the store shows with what clients were told, when its disk works. */
    private void check(JobStore store) {
        long end = System.nanoTime() + RECOVERY.toNanos();
        boolean checked = false;
        while (!checked) {
            try {
                ledger.check(store);
                checked = true;
            } catch (StoreUnavailable e) {
                checked = System.nanoTime() > end;
                if (checked) {
                    ledger.violated("the store cannot be read: " + e.getCause());
                }
            }
        }
    }

    /** Waits until the store takes a job, as it must soon after the last failure of the disk. */
    private void awaitWorking(JobStore store, FaultyDisk disk) {
        long end = System.nanoTime() + RECOVERY.toNanos();
        CrashClient client = writers.get(0);
        Optional<?> answer = Optional.empty();
        while (answer.isEmpty() && !disk.crashed()) {
            answer = client.schedule(store, disk);
            if (System.nanoTime() > end) {
                ledger.violated("the store refuses jobs although the disk works again");
                return;
            }
        }
    }

    /**
     * Closes the store, while the disk may fail, and copies its file for the next life. A file that another session
     * uses is not compacted.
     */
    private void close(JobDatabase database, Connection admin, FaultyDisk disk) throws SQLException {
        boolean compacted = random.nextBoolean();
        disk.failNext(random.nextInt(3) == 0 ? random.nextInt(1, 20) : 0);
        if (compacted) {
            admin.close();
        }
        database.close();
        admin.close();
        closes++;
        disk.crash();
    }

    /** Ends the threads of a store whose process is dead. */
    private static void abandon(JobDatabase database, Connection admin) {
        try (Statement statement = admin.createStatement()) {
            statement.execute("shutdown immediately");
        } catch (SQLException e) {
            // That it is closed is said with an exception.
        }
        database.close();
    }

    /** Compares what all lives left with what clients were told. */
    private void last(int number) throws IOException {
        FaultyDisk disk = new FaultyDisk(life(number), life(number + 1), FaultyDisk.Plan.NO_FAULTS, random.split());
        try (JobDatabase database = JobDatabase.open(settings(number), JobStoreContract.POLICY)) {
            ledger.check(database.store());
        } catch (StoreUnavailable e) {
            ledger.violated("the store cannot be read: " + e.getCause());
        } finally {
            disk.remove();
        }
    }
}
