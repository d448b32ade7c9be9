package dev.asyncjob.benchmark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Folders that are gone when the process ends. */
final class Scratch {
    private Scratch() {}

    /** A new, empty folder. */
    static Path newFolder(String name) throws IOException {
        Path folder = Files.createTempDirectory(Files.createDirectories(Benchmark.TARGET), name + "-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) { // an embedded PostgreSQL tidies up after itself
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e);
        }
    }
}
