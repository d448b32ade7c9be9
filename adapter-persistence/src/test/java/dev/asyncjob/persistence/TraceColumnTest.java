package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.TraceContext;
import org.junit.jupiter.api.Test;

final class TraceColumnTest {
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @Test
    void a_trace_is_read_as_it_was_stored() {
        TraceContext trace = new TraceContext(PARENT, "a=b");

        assertThat(TraceColumn.read(TraceColumn.text(trace))).isEqualTo(trace);
        assertThat(TraceColumn.read(null)).isNull();
    }

    @Test
    void a_trace_of_another_version_keeps_no_job_from_its_worker() {
        assertThat(TraceColumn.read("trace-17")).isNull();
        assertThat(TraceColumn.read(PARENT + " \u0000")).isNull();
    }
}
