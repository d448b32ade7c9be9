package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.JavaProcess;
import java.io.IOException;
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
        List<String> lines = logged();
        assertThat(lines).hasSize(5);
        assertThat(lines.get(0)).matches(TIME + "INFO  \\[main] d\\.a\\.b\\.ops\\.LogLines - plain 1");
        assertThat(lines.get(1))
                .matches(TIME + "WARN  .*")
                .endsWith(" - injected\\n2026-11-23T00:00:00.000Z INFO forged?[31m??\\tend \\ zoë");
        assertThat(lines.get(2))
                .matches(TIME + "ERROR .*")
                .contains(" - failed - java.lang.IllegalStateException: first\\nsecond\\n\\tat ")
                .endsWith(")");
        assertThat(lines.get(3)).isEqualTo("{\"name\":\"forged\\u0085\\u2028\"}");
        assertThat(lines.get(4)).matches(TIME + "WARN  .* - cannot be logged: \\\\n");
    }

    @Test
    void one_event_is_one_object_whatever_it_says() throws Exception {
        List<String> lines = logged("debug");
        assertThat(lines).hasSize(6);
        String time = "\\{\"time\":\"" + TIME.strip() + "\",";
        String origin = "\"logger\":\"dev.asyncjob.bootstrap.ops.LogLines\",\"thread\":\"main\",\"message\":";
        assertThat(lines.get(0)).matches(time + ".*").endsWith("\"level\":\"INFO\"," + origin + "\"plain 1\"}");
        assertThat(lines.get(1))
                .endsWith(
                        "\"level\":\"WARN\"," + origin
                                + "\"injected\\r\\n2026-11-23T00:00:00.000Z INFO forged\\u001b[31m\\u0085\\u2028\\tend \\\\ zoë\"}");
        assertThat(lines.get(2))
                .contains("\"level\":\"ERROR\"," + origin
                        + "\"failed\",\"exception\":\"java.lang.IllegalStateException: first\\nsecond\\n\\tat ")
                .endsWith(")\"}");
        assertThat(lines.get(3)).endsWith("\"level\":\"DEBUG\"," + origin + "\"unseen, or seen at debug\"}");
        assertThat(lines.get(4))
                .isEqualTo(
                        "{\"level\":\"INFO\",\"logger\":\"dev.asyncjob.security\",\"name\":\"forged\\u0085\\u2028\"}");
        assertThat(lines.get(5)).matches(time + ".*").endsWith("\"message\":\"cannot be logged: \\n\"}");
    }

    @Test
    void the_level_rules_all_but_the_security_log() throws Exception {
        assertThat(logged("error"))
                .satisfiesExactly(
                        line -> assertThat(line).contains("\"message\":\"failed\""),
                        line -> assertThat(line).contains("forged"),
                        line -> assertThat(line).contains("cannot be logged"));
    }

    private List<String> logged(String... arguments) throws IOException {
        Path errors = folder.resolve("errors.txt");
        try (JavaProcess process = JavaProcess.of(LogLines.class, arguments)
                .options("-Dlogback.configurationFile=logback.xml")
                .errorsTo(errors)
                .start()) {
            assertThat(process.remainingLines()).isEmpty();
            assertThat(process.waitFor(Duration.ofMinutes(1))).isZero();
        }
        return Files.readAllLines(errors);
    }
}
