package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Processes;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoggingTest {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";

    @Test
    void one_event_is_one_line_on_standard_error_whatever_it_says() throws Exception {
        Process process = Processes.java(List.of("-Dlogback.configurationFile=logback.xml"), LogLines.class);
        String out = Processes.out(process);
        List<String> lines = Processes.err(process).lines().toList();
        assertThat(Processes.exitCode(process)).isZero();
        assertThat(out).isEmpty();
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
