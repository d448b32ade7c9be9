package dev.asyncjob.persistence;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.h2.store.fs.FileUtils;

/**
 * Keeps the file of an H2 database from other users of the machine: a new folder has the mode 700, a new file 600 from
 * its beginning. One that exists stays as it is, since the mode may be the operator's choice. Where files have no POSIX
 * mode it does nothing.
 */
final class H2FileModes {
    private static final Logger LOG = System.getLogger(H2FileModes.class.getName());
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<?> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final int OTHERS = 0007;
    private static final int OTHERS_WRITE = 0002;
    private static final int STICKY = 01000;

    private H2FileModes() {}

    /** Makes the folder and the file if they are missing, and warns of those that others may use. */
    static void prepare(DatabaseUrl url) {
        Path file = file(url);
        if (!isPosix(file) || url.parameters().containsKey("IFEXISTS")) {
            return; // with IFEXISTS, H2 refuses a database that does not exist
        }
        try {
            Path folder = file.resolveSibling("");
            if (!Files.exists(folder)) {
                Files.createDirectories(folder, FOLDER);
            }
            if (!Files.exists(file)) {
                Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY)); // H2 takes it for a new one
            }
            warn(folder, OTHERS_WRITE);
            warn(file, OTHERS);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "H2 will say what is wrong", e);
        }
    }

    private static void warn(Path path, int refused) throws IOException {
        int mode = (int) Files.getAttribute(path, "unix:mode") & 07777;
        if ((mode & refused) != 0 && (mode & STICKY) == 0) {
            String line = "{0}: other users may %s jobs there (mode {1})"
                    .formatted((mode & OTHERS_WRITE) == 0 ? "read" : "change");
            LOG.log(Level.WARNING, line, path, Integer.toOctalString(mode));
        }
    }

    /**
     * Makes a file that H2 is about to open with the mode 600, if it is missing; the file that its compaction writes
     * has the jobs, too.
     *
     * @param path as H2 gives it, with its file systems
     */
    static void create(String path) throws IOException {
        Path file = path(path);
        if (isPosix(file) && !Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        }
    }

    /** Returns the path of a file that H2 gives with its file systems. */
    static Path path(String path) {
        return Path.of(path.replaceFirst("^((file|async):)+", ""));
    }

    /** Returns the bytes of the file. */
    static long size(DatabaseUrl url) {
        return FileUtils.size(file(url).toString());
    }

    /** Returns the mode of the file; empty where files have none. */
    static Optional<Set<PosixFilePermission>> mode(DatabaseUrl url) {
        try {
            Path file = file(url);
            return isPosix(file) ? Optional.of(Files.getPosixFilePermissions(file)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Gives the file, which H2 has made anew, the mode of the one before, which the operator may have chosen. */
    static void restore(DatabaseUrl url, Set<PosixFilePermission> mode) {
        try {
            Files.setPosixFilePermissions(file(url), mode);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the mode of the database file cannot be set: {0}", e.getMessage());
        }
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix")
                && !file.toString().matches("\\w+:.*"); // not one of H2's own file systems
    }

    /** Returns the path of the file. */
    static Path file(DatabaseUrl url) {
        String name = url.location().replaceFirst("^jdbc:h2:((file|async):)?", "");
        return Path.of(FileUtils.toRealPath(name + ".mv.db"));
    }
}
