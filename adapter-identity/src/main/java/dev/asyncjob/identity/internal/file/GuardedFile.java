package dev.asyncjob.identity.internal.file;

import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A file with values by the names of clients, in a {@link Format}.
 *
 * <p>A change replaces the whole file: readers see the old or the new content, also after a crash. A lock on a file
 * beside it serialises changes across threads and processes. Only its owner can read a new file; a replaced one keeps
 * its owner and mode. A file that other users may write is neither read nor written, one that they may replace in its
 * folder, or read though it has secrets, gives a warning, and one that is named by a link is only read: mounted secrets
 * are links. The messages of exceptions can be shown to the user. Safe for use from any thread.
 */
public final class GuardedFile<T> {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<OpenOption> LOCK_OPTIONS =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    private static final ReentrantLock WRITERS_OF_THIS_PROCESS = new ReentrantLock();

    /** How long a change waits for another; one that is stopped never ends. */
    private static final Duration LOCK_LIMIT = Duration.ofSeconds(10);

    private static final Duration LOCK_PAUSE = Duration.ofMillis(20);

    /** The format of such a file. */
    public interface Format<T> {
        /** What the values are, in the plural; for messages. */
        String member();

        /**
         * The values in the text of a file by name, in its order; the map can be changed.
         *
         * @throws IllegalArgumentException if it is malformed; the message can be shown to the user
         */
        Map<Owner, T> parse(String text);

        /** The text that {@link #parse} reads, ordered by name. */
        String render(Map<Owner, T> values);

        /** Whether the file has secrets in clear text, so that others should not read it. */
        default boolean hasSecrets() {
            return false;
        }

        /** What is said of a text that is not in this format. */
        default String malformed() {
            return "not a " + member() + " file";
        }
    }

    private final Format<T> format;
    private final Path path;
    private final Duration lockLimit;

    /** Reads nothing yet. */
    public GuardedFile(Format<T> format, Path path) {
        this(format, path, LOCK_LIMIT);
    }

    /**
     * Reads nothing yet.
     *
     * @param lockLimit how long a change waits for another
     */
    public GuardedFile(Format<T> format, Path path, Duration lockLimit) {
        this.format = format;
        this.path = path.toAbsolutePath();
        this.lockLimit = lockLimit;
    }

    /**
     * The content.
     *
     * @throws NoSuchFileException if the file is missing
     * @throws IOException if it cannot be read, or may be changed by others
     */
    public String text() throws IOException {
        try {
            FileModes.requireUnwritable(path);
            return Files.readString(path);
        } catch (CharacterCodingException e) {
            throw new IOException(path + ": " + format.malformed(), e);
        } catch (IOException e) {
            throw ErrorMessages.withReason(e);
        }
    }

    /**
     * The values of a content by name, in the order of the file; the map can be changed.
     *
     * @throws IOException if it is malformed
     */
    public Map<Owner, T> parse(String text) throws IOException {
        try {
            FileModes.warnIfReplaceable(path);
            if (format.hasSecrets()) {
                FileModes.warnIfReadable(path);
            }
            return format.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    /** The values of the present content, as {@link #text} and {@link #parse} get them. */
    public Map<Owner, T> read() throws IOException {
        return parse(text());
    }

    /**
     * Changes the content; a missing file counts as an empty one. When this returns true, the change survives a crash.
     *
     * @param change changes the map, and returns whether to write it; false, or an exception, leaves the file as it is
     * @return what {@code change} returned
     * @throws IOException if the file cannot be read or written, or another change takes more than 10 s; it is as it
     *     was
     */
    public boolean edit(Predicate<Map<Owner, T>> change) throws IOException {
        try {
            return editLocked(change);
        } catch (IOException e) {
            throw ErrorMessages.withReason(e);
        }
    }

    private boolean editLocked(Predicate<Map<Owner, T>> change) throws IOException {
        Path lock = path.resolveSibling("." + path.getFileName() + ".lock");
        requireNoLink(path);
        requireNoLink(lock);
        if (Files.exists(lock)) {
            FileModes.requireUnwritable(lock);
        }
        acquire(lock, null); // the whole process holds a file lock
        try (FileChannel channel = FileChannel.open(lock, LOCK_OPTIONS, ownerOnly(path))) {
            FileModes.requireUnwritable(lock);
            acquire(lock, channel);
            boolean exists = Files.exists(path);
            Map<Owner, T> values = exists ? read() : new HashMap<>();
            boolean changed = change.test(values);
            if (changed) {
                replace(path, format.render(values), exists);
            }
            return changed;
        } finally {
            WRITERS_OF_THIS_PROCESS.unlock();
        }
    }

    /** Waits for the lock of this process, or that of a channel: a change that is stopped never ends. */
    private void acquire(Path lock, @Nullable FileChannel channel) throws IOException {
        long begin = System.nanoTime();
        while (channel == null ? !WRITERS_OF_THIS_PROCESS.tryLock() : channel.tryLock() == null) {
            if (System.nanoTime() - begin > lockLimit.toNanos()
                    || Thread.currentThread().isInterrupted()) {
                throw new FileSystemException(
                        lock.toString(), null, "another change of the " + format.member() + " holds this lock");
            }
            LockSupport.parkNanos(LOCK_PAUSE.toNanos());
        }
    }

    private static void requireNoLink(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new FileSystemException(
                    file.toString(), null, "is a symbolic link; name the file itself to change it");
        }
    }

    /** Replaces a file, durably; a new one can be read by its owner only. */
    public static void replace(Path target, String content, boolean exists) throws IOException {
        Path folder = target.resolveSibling("");
        Path draft = Files.createTempFile(folder, "." + target.getFileName(), ".tmp", ownerOnly(target));
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                ByteBuffer rest = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
                while (rest.hasRemaining()) { // a full disk takes a part first, and reports its error then
                    channel.write(rest);
                }
                channel.force(true);
            }
            if (exists) {
                keepOwnerAndMode(target, draft);
            }
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        }
    }

    /** An administrator's change must not lock out the server's account. */
    private static void keepOwnerAndMode(Path from, Path to) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        PosixFileAttributes wanted = Files.readAttributes(from, PosixFileAttributes.class);
        PosixFileAttributes actual = view.readAttributes();
        if (!wanted.group().equals(actual.group())) {
            view.setGroup(wanted.group());
        }
        if (!wanted.owner().equals(actual.owner())) {
            view.setOwner(wanted.owner());
        }
        view.setPermissions(wanted.permissions());
    }

    private static FileAttribute<?>[] ownerOnly(Path near) {
        boolean posix = near.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }

    /** The absolute path. */
    public Path path() {
        return path;
    }
}
