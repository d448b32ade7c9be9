package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of W3C Trace Context, sections 3.2 and 3.3. */
class TraceContextTest {
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @Test
    void a_context_is_read_from_headers() {
        TraceContext read =
                TraceContext.read(List.of(" " + PARENT), List.of("rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE"));
        assertThat(read).isEqualTo(new TraceContext(PARENT, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
        assertThat(TraceContext.read(List.of(PARENT), List.of())).isEqualTo(new TraceContext(PARENT, null));
        assertThat(new TraceContext(PARENT, null).traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what",
                "00-٠af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            })
    void an_invalid_traceparent_is_no_context(String parent) {
        assertThat(TraceContext.read(List.of(parent), List.of("a=b"))).isNull();
    }

    @Test
    void there_must_be_one_traceparent() {
        assertThat(TraceContext.read(List.of(), List.of("a=b"))).isNull();
        assertThat(TraceContext.read(List.of(PARENT, PARENT), List.of())).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 01",
        "fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what, 01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff, 03",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fc, 00",
    })
    void what_is_not_known_is_left_out(String parent, String flags) {
        assertThat(TraceContext.read(List.of(parent), List.of()))
                .isEqualTo(new TraceContext(PARENT.substring(0, 53) + flags, null));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    a=b, ,c=d ,                     | a=b,c=d
                    0tenant@system=x                | 0tenant@system=x
                    a=!#$%&'()*+-./:;<>?@[]^_{}~    | a=!#$%&'()*+-./:;<>?@[]^_{}~
                    a=b c                           | a=b c
                    a                               |
                    a=                              |
                    =b                              |
                    A=b                             |
                    a=b=c                           |
                    a=ß                             |
                    a=1,b=2,a=3                     |
                    """)
    void a_tracestate_that_is_invalid_is_dropped_alone(String state, String kept) {
        assertThat(TraceContext.read(List.of(PARENT), List.of(state))).isEqualTo(new TraceContext(PARENT, kept));
    }

    @Test
    void a_tracestate_is_bounded() {
        String fits = "a=" + "b".repeat(255) + ",c=" + "d".repeat(252);
        assertThat(fits).hasSize(TraceContext.MAX_STATE);
        assertThat(state(fits)).isEqualTo(fits);
        assertThat(state(fits + "2")).isNull();
        assertThat(state(members(32))).isEqualTo(members(32));
        assertThat(state(members(33))).isNull();
        assertThat(state("a=" + "b".repeat(257))).isNull();
    }

    private static @Nullable String state(String line) {
        return Objects.requireNonNull(TraceContext.read(List.of(PARENT), List.of(line)))
                .tracestate();
    }

    private static String members(int count) {
        return IntStream.range(0, count).mapToObj(i -> "k" + i + "=v").collect(Collectors.joining(","));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | a=b
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1  | a=b
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | a
                    00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | a=b, c=d
                    """)
    void a_context_that_is_not_as_it_is_read_is_refused(String parent, String state) {
        assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new TraceContext(parent, state));
    }
}
