package dev.asyncjob.identity.internal.file;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** Refuses what is no regular file, and what other users of the machine may change, where files have POSIX modes. */
public final class FileModes {
    private static final Logger LOG = System.getLogger(FileModes.class.getName());
    private static final int WRITABLE_BY_OTHERS = 0002;
    private static final int READABLE_BY_OTHERS = 0004;

    /** In a folder with this bit only its owner can replace a file, as in {@code /tmp}. */
    private static final int STICKY = 01000;

    private static final int ALL = 07777;
    private static final String REASON = "other users may change it (mode %s); 'chmod o-w' prevents that";

    private FileModes() {}

    /**
     * Refuses what must not be opened: to open a pipe would wait for its other end.
     *
     * @throws IOException if the path leads to no regular file
     */
    public static void requireRegular(Path file) throws IOException {
        if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
            throw new FileSystemException(file.toString(), null, "is not a regular file");
        }
    }

    /**
     * Refuses what others may change.
     *
     * @throws IOException if others may write the file to which the path leads, or it is no regular file
     */
    public static void requireUnwritable(Path file) throws IOException {
        requireRegular(file);
        int mode = mode(file);
        if ((mode & WRITABLE_BY_OTHERS) != 0) {
            throw new FileSystemException(file.toString(), null, REASON.formatted(Integer.toOctalString(mode)));
        }
    }

    /** Warns if others can replace a file, or that to which a link leads, in its folder. */
    public static void warnIfReplaceable(Path file) throws IOException {
        for (Path one : Files.isSymbolicLink(file) ? List.of(file, file.toRealPath()) : List.of(file)) {
            int mode = mode(one.resolveSibling(""));
            if ((mode & WRITABLE_BY_OTHERS) != 0 && (mode & STICKY) == 0) {
                LOG.log(Level.WARNING, one.resolveSibling("") + ": " + REASON.formatted(Integer.toOctalString(mode)));
            }
        }
    }

    /** Warns if others can read the file to which the path leads. */
    public static void warnIfReadable(Path file) throws IOException {
        int mode = mode(file);
        if ((mode & READABLE_BY_OTHERS) != 0) {
            LOG.log(
                    Level.WARNING,
                    "%s: other users can read the secrets in it (mode %s); 'chmod o-r' prevents that"
                            .formatted(file, Integer.toOctalString(mode)));
        }
    }

    private static int mode(Path path) throws IOException {
        boolean posix = path.getFileSystem().supportedFileAttributeViews().contains("unix");
        return posix ? (int) Files.getAttribute(path, "unix:mode") & ALL : 0;
    }
}
