package dev.asyncjob.bootstrap.history;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** A small file system in memory, mounted for a test, that can be filled. */
final class SmallDisk implements AutoCloseable {
    private final Path mount;

    private SmallDisk(Path mount) {
        this.mount = mount;
    }

    /** Mounts one, if the user of this process may; otherwise it is none, with a printed reason. */
    static Optional<SmallDisk> mount(int mebibytes) {
        try {
            Path folder = Files.createTempDirectory("asyncjob-disk");
            if (run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", folder.toString()) != 0) {
                System.out.println("no disk of a database is filled: mount is not allowed");
                Files.delete(folder);
                return Optional.empty();
            }
            SmallDisk disk = new SmallDisk(folder);
            Runtime.getRuntime().addShutdownHook(new Thread(disk::close)); // if the test is ended early
            return Optional.of(disk);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int run(String... command) throws IOException {
        try {
            return new ProcessBuilder(command).start().waitFor();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns a new folder on it, only its owner's. */
    Path folder() {
        try {
            return Files.createDirectory(
                    mount.resolve("data"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path ballast() {
        return mount.resolve("ballast");
    }

    /** Leaves no room on it. */
    void fill() {
        try (OutputStream out = Files.newOutputStream(ballast())) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException full) { // as wanted
        }
    }

    /** Makes room again. */
    void makeRoom() throws IOException {
        Files.delete(ballast());
    }

    @Override
    public void close() {
        try {
            if (Files.exists(mount)) {
                run("umount", "--lazy", mount.toString());
                Files.deleteIfExists(mount);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
