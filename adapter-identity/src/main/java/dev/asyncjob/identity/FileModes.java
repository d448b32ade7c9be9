package dev.asyncjob.identity;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Refuses files that other users of the machine may change; where files have no POSIX mode, none. */
final class FileModes {
    private static final int WRITABLE_BY_OTHERS = 0002;

    /** In a folder with this bit only its owner can replace a file, as in {@code /tmp}. */
    private static final int STICKY = 01000;

    private static final int ALL = 07777;

    private FileModes() {}

    /**
     * Requires that others can change neither the file nor the folders that it can be replaced in: its own, and if it
     * is a link, that of the file to which it leads.
     *
     * @throws IOException if others can, or the file is missing; the message names the path and its mode
     */
    static void requireProtected(Path file) throws IOException {
        requireUnwritable(file);
        requireUnwritable(file.resolveSibling(""));
        if (Files.isSymbolicLink(file)) {
            requireUnwritable(file.toRealPath().resolveSibling(""));
        }
    }

    /** @throws IOException if others may write the file, or replace files in the folder, to which the path leads */
    static void requireUnwritable(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return;
        }
        int mode = (int) Files.getAttribute(path, "unix:mode") & ALL;
        boolean sticky = Files.isDirectory(path) && (mode & STICKY) != 0;
        if ((mode & WRITABLE_BY_OTHERS) != 0 && !sticky) {
            String reason = "other users may change it (mode %s); 'chmod o-w' prevents that";
            throw new FileSystemException(path.toString(), null, reason.formatted(Integer.toOctalString(mode)));
        }
    }
}
