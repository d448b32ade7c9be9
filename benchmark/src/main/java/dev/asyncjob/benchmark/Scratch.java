package dev.asyncjob.benchmark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Temporary folders, deleted when the process exits. */
final class Scratch {
    private Scratch() {}

    /** Creates an empty folder. */
    static Path newFolder(String name) throws IOException {
        Path folder = Files.createTempDirectory(Files.createDirectories(Benchmark.TARGET), name + "-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) { // the embedded PostgreSQL deletes its own folder
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e);
        }
    }
}
