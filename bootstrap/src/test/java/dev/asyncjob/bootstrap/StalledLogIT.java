package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose standard error is a pipe that is full and not read. */
class StalledLogIT {
    /** More than a pipe of 64 KiB takes, with a line of at least 150 bytes for each. */
    private static final int REQUESTS = 450;

    private static final String MISSING = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";

    @TempDir
    private Path folder;

    @Test
    @Tag("soak")
    void requests_health_and_sigterm_do_not_wait_for_the_log() throws Exception {
        Path pipe = folder.resolve("errors");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw"); // opens without a writer
                ServerProcess server = ServerProcess.startWithErrorsTo(pipe, folder, "sandbox", Map.of())) {
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(server.status(MISSING).statusCode()).isEqualTo(404);
            }
            assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
            assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
            assertThat(server.metrics()).contains("asyncjob_log_lines_dropped_total 0.0");
            assertThat(server.stop()).isZero();
            assertThat(reader.readLine()).contains("\"status\":404");
        }
    }
}
