package dev.asyncjob.persistence;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.h2.store.fs.FileUtils;

/**
 * Keeps the file of an H2 database from other users of the machine: a new folder has the mode 700, a new file 600. One
 * that exists stays as it is, since the mode may be the operator's choice. Where files have no POSIX mode it does
 * nothing.
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

    /** Whether only the owner may use the file. */
    static boolean isPrivate(DatabaseUrl url) {
        try {
            Path file = file(url);
            return isPosix(file) && Files.getPosixFilePermissions(file).equals(OWNER_ONLY);
        } catch (IOException e) {
            return false;
        }
    }

    /** Restores the mode 600: H2's compaction makes a new file. */
    static void makePrivate(DatabaseUrl url) {
        try {
            Files.setPosixFilePermissions(file(url), OWNER_ONLY);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the mode of the database file cannot be set: {0}", e.getMessage());
        }
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("unix")
                && !file.toString().matches("\\w+:.*"); // one of H2's own file systems
    }

    private static Path file(DatabaseUrl url) {
        String name = url.location().replaceFirst("^jdbc:h2:((file|async):)?", "");
        return Path.of(FileUtils.toRealPath(name + ".mv.db"));
    }
}
