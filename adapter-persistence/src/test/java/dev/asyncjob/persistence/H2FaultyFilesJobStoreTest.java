package dev.asyncjob.persistence;

import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a file whose writes are often short or slow, which is no failure. */
@Tag("soak")
final class H2FaultyFilesJobStoreTest extends DatabaseContract {
    H2FaultyFilesJobStoreTest(@TempDir Path folder) {
        super(url(folder));
    }

    private static String url(Path folder) {
        FaultyFiles.register();
        FaultyDisk.Plan plan = new FaultyDisk.Plan(FaultyDisk.Crash.OF_PROCESS, 0, 0, 0, false, 0.3, 0.02);
        FaultyDisk disk = new FaultyDisk(folder, folder.resolve("survivors"), plan, new SplittableRandom(1));
        return "jdbc:h2:faulty:" + disk.folder().resolve("jobs");
    }
}
