package dev.asyncjob.identity;

import dev.asyncjob.identity.internal.file.ErrorMessages;
import dev.asyncjob.identity.internal.file.FileModes;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * When each credential of a clients file was last used, to the second, in a file beside it: a line with hash and time
 * for each. The file is written once a minute at most, and on {@link #close()}; where it cannot be written, uses are
 * not kept. Several processes may write it; one that writes at the same time as another can hide a use until the next.
 * Safe for use from any thread.
 */
final class LastUses implements AutoCloseable {
    /** How late the file may be. */
    static final Duration INTERVAL = Duration.ofMinutes(1);

    private static final Logger LOG = System.getLogger(LastUses.class.getName());

    private final Path file;
    private final Consumer<Runnable> later;
    private final Map<String, AtomicLong> uses = new ConcurrentHashMap<>();
    private final AtomicBoolean due = new AtomicBoolean();
    private final AtomicBoolean writing = new AtomicBoolean();
    private boolean failed;

    /** Writes nothing yet. */
    LastUses(Path clientsFile) {
        this(clientsFile, CompletableFuture.delayedExecutor(INTERVAL.toSeconds(), TimeUnit.SECONDS)::execute);
    }

    /** @param later runs a task after {@link #INTERVAL} */
    LastUses(Path clientsFile, Consumer<Runnable> later) {
        this.file = fileOf(clientsFile);
        this.later = later;
    }

    private static Path fileOf(Path clientsFile) {
        return clientsFile.resolveSibling("." + clientsFile.getFileName() + ".last-use");
    }

    /** The last use of a credential in this process, as a second since 1970; 0 for none. */
    AtomicLong of(SecretHash hash) {
        return uses.computeIfAbsent(hash.hex(), same -> new AtomicLong());
    }

    /** Notes a use; a credential that is used all the time costs a read. */
    void note(AtomicLong use, Instant now) {
        long second = now.getEpochSecond();
        if (use.get() < second) {
            use.set(second);
            if (!due.get() && due.compareAndSet(false, true)) {
                try {
                    later.accept(this::write);
                } catch (Throwable e) { // no thread: the credential is good nevertheless, its next use tries again
                    due.set(false);
                }
            }
        }
    }

    private void write() {
        due.set(false);
        if (writing.compareAndSet(false, true)) { // one that hangs, as on a mount without its server, keeps one thread
            try {
                writeAll();
            } finally {
                writing.set(false);
            }
        }
    }

    private void writeAll() {
        try {
            Map<String, Instant> all = readLines(file);
            all.keySet().retainAll(uses.keySet());
            uses.forEach((hash, use) -> {
                if (use.get() > 0) {
                    all.merge(hash, Instant.ofEpochSecond(use.get()), (a, b) -> a.isAfter(b) ? a : b);
                }
            });
            String lines = all.entrySet().stream()
                    .map(use -> use.getKey() + " " + use.getValue() + "\n")
                    .collect(Collectors.joining());
            GuardedFile.replace(file, lines, false);
        } catch (IOException | RuntimeException e) {
            if (!failed) {
                LOG.log(Level.INFO, "the last uses of credentials are not kept: {0}", ErrorMessages.of(e));
            }
            failed = true;
        }
    }

    @Override
    public void close() {
        if (due.get()) {
            write();
        }
    }

    /**
     * The last uses by the hash of the credential; empty if there is no file. Lines that are none are ignored.
     *
     * @throws IOException if the file cannot be read
     */
    static Map<String, Instant> read(Path clientsFile) throws IOException {
        return readLines(fileOf(clientsFile));
    }

    private static Map<String, Instant> readLines(Path file) throws IOException {
        Map<String, Instant> uses = new HashMap<>();
        if (Files.exists(file)) {
            FileModes.requireRegular(file);
            new String(Files.readAllBytes(file), StandardCharsets.UTF_8) // replaces what is not UTF-8
                    .lines()
                    .map(line -> line.split(" ", 2))
                    .filter(use -> use.length == 2 && use[1].matches("[0-9T:-]{19}Z"))
                    .forEach(use -> readInto(uses, use[0], use[1]));
        }
        return uses;
    }

    private static void readInto(Map<String, Instant> uses, String hash, String time) {
        try {
            uses.put(hash, Instant.parse(time));
        } catch (DateTimeException e) {
            LOG.log(Level.DEBUG, "a line of the last uses has no time", e);
        }
    }
}
