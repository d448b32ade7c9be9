package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoggingTest {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";

    @TempDir
    Path folder;

    @Test
    void one_event_is_one_line_on_standard_error_whatever_it_says() throws Exception {
        Path errors = folder.resolve("errors.txt");
        try (JavaProcess process = JavaProcess.of(LogLines.class)
                .options("-Dlogback.configurationFile=logback.xml")
                .errorsTo(errors)
                .start()) {
            assertThat(process.remainingLines()).isEmpty();
            assertThat(process.waitFor(Duration.ofMinutes(1))).isZero();
        }
        List<String> lines = Files.readAllLines(errors);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).matches(TIME + "INFO  \\[main] d\\.a\\.b\\.ops\\.LogLines - plain 1");
        assertThat(lines.get(1))
                .matches(TIME + "WARN  .*")
                .endsWith(" - injected\\n2026-11-23T00:00:00.000Z INFO forged?[31m??\\tend \\ zoë");
        assertThat(lines.get(2))
                .matches(TIME + "ERROR .*")
                .contains(" - failed - java.lang.IllegalStateException: first\\nsecond\\n\\tat ")
                .endsWith(")");
    }
}
