package dev.asyncjob.http.internal.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 7240 makes of a {@code Prefer} header. */
class PreferTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '>',
            quoteCharacter = '`',
            value = {
                "wait=5 > 5",
                "wait=0 > 0",
                "wait=007 > 7",
                "WAIT=5 > 5",
                "wait = 5 > 5",
                "wait=\"5\" > 5",
                "wait=5;soft > 5",
                "wait=5; soft=\"a,b\"; wait=9 > 5",
                "respond-async, wait=5 > 5",
                "respond-async,wait=5,handling=lenient > 5",
                "wait=5, wait=9 > 5",
                "foo=\"a, wait=9\", wait=5 > 5",
                "foo=\"a\\\", wait=9\", wait=5 > 5",
                "foo; wait=9, wait=5 > 5",
                ",, ,wait=5 > 5",
                "=x, wait=5 > 5",
                "waits=9, await=9, wait=5 > 5",
                "wait=999999 > 999999",
            })
    void a_wait_is_read(String line, long seconds) {
        assertThat(Prefer.wait(List.of(line))).contains(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "wait",
                "wait=",
                "wait=\"\"",
                "wait=-1",
                "wait=+1",
                "wait=abc",
                "wait=1.5",
                "wait=5s",
                "wait=5 5",
                "wait=\"5",
                "wait=5\"",
                "wait==5",
                "wait 5",
                "wait;5",
                "wait=\u0665",
                "wait=abc, wait=5",
                "wait, wait=5",
                "foo=\"a, wait=5",
                "foo;wait=5",
                "waiting=5"
            })
    void what_is_no_wait_is_as_good_as_none(String line) {
        assertThat(Prefer.wait(List.of(line))).isEmpty();
    }

    @Test
    void the_first_of_several_lines_counts() {
        assertThat(Prefer.wait(List.of("respond-async", "wait=5", "wait=9"))).contains(Duration.ofSeconds(5));
        assertThat(Prefer.wait(List.of("wait=x", "wait=9"))).isEmpty();
        assertThat(Prefer.wait(List.of())).isEmpty();
    }

    @Test
    void what_no_number_holds_is_for_ever() {
        assertThat(Prefer.wait(List.of("wait=" + "9".repeat(8_000))))
                .hasValueSatisfying(wait -> assertThat(wait).isGreaterThan(Duration.ofDays(3_650)));
        assertThat(Prefer.wait(List.of("wait=" + "0".repeat(8_000) + "5"))).contains(Duration.ofSeconds(5));
    }
}
