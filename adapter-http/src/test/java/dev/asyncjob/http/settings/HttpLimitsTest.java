package dev.asyncjob.http.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.InvalidValueException;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpLimitsTest {
    private static final HttpLimits DEFAULTS = HttpLimits.defaults();

    @Test
    void each_number_has_bounds() {
        assertBounds(DEFAULTS::withMaxHeader, 1_024, 65_536);
        assertBounds(number -> DEFAULTS.withConnections(number, 1), 1, 1_000_000);
        assertBounds(number -> DEFAULTS.withConnections(1, number), 1, 1_000_000);
        assertBounds(DEFAULTS::withRequestsPerSecond, 0, 1_000_000);
        assertBounds(DEFAULTS::withFailedLogins, 1, 1_000_000);
        assertBounds(number -> DEFAULTS.withHeld(number, 1), 1, 1_000_000);
        assertBounds(number -> DEFAULTS.withHeld(1, number), 1, 1_000_000);
        assertBounds(DEFAULTS::withEventStreams, 1, 1_000_000);
    }

    private static void assertBounds(IntFunction<HttpLimits> limits, int min, int max) {
        assertThat(limits.apply(min)).isNotEqualTo(limits.apply(max));
        for (int number : new int[] {min - 1, max + 1}) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> limits.apply(number))
                    .withMessage("must be a whole number, %d to %d".formatted(min, max));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.7", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:10.0.0.7"})
    void addresses_and_networks_can_be_trusted(String text) {
        assertThat(DEFAULTS.trusting(List.of(text)).trustedProxies()).containsExactly(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "proxy",
                "proxy.example",
                "10.0.0",
                "10.0.0.256",
                "10.0.0.0/33",
                "10.0.0.0/x",
                "1-2.3.4.5",
                "beef",
                "::g",
                "10.0.0.1,10.0.0.2",
                "*"
            })
    void what_would_have_to_be_looked_up_or_is_no_address_cannot(String text) {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> DEFAULTS.trusting(List.of(text)))
                .withMessageContaining("must be addresses");
    }
}
