package dev.asyncjob.persistence;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class H2FileJobStoreTest extends DatabaseContract {
    H2FileJobStoreTest(@TempDir Path folder) {
        super("jdbc:h2:file:" + folder.resolve("jobs"));
    }
}
