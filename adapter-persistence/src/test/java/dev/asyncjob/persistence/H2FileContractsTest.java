package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

class H2FileContractsTest extends DatabaseContracts {
    H2FileContractsTest() {
        super(DatabaseSettings.of(url()));
    }

    private static String url() {
        try {
            return "jdbc:h2:file:" + Files.createTempDirectory("asyncjob").resolve("jobs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
