package dev.asyncjob.http.internal.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.settings.HttpLimits;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {
    private final ClientAddress addresses = new ClientAddress(
            HttpLimits.defaults().trusting(List.of("10.0.0.0/8", "::1")).trusted());

    @ParameterizedTest
    @CsvSource({
        "198.51.100.7, '', 198.51.100.7",
        "198.51.100.7, 203.0.113.9, 198.51.100.7",
        "10.0.0.1, '', 10.0.0.1",
        "10.0.0.1, 203.0.113.9, 203.0.113.9",
        "10.0.0.1, '203.0.113.9, 198.51.100.7', 198.51.100.7",
        "10.0.0.1, '203.0.113.9,10.9.9.9 , 10.2.2.2', 203.0.113.9",
        "10.0.0.1, '10.0.0.2,10.0.0.3', 10.0.0.2",
        "10.0.0.1, 'evil.example', 10.0.0.1",
        "10.0.0.1, '203.0.113.9, beef, 10.0.0.2', 10.0.0.2",
        "10.0.0.1, '203.0.113.999', 10.0.0.1",
        "10.0.0.1, ',,', 10.0.0.1",
        "0:0:0:0:0:0:0:1, '[2001:db8:1:2:3:4:5:6]', '2001:db8:1:2:0:0:0:0'",
        "'[0:0:0:0:0:0:0:1]', 2001:db8:1:2::9, '2001:db8:1:2:0:0:0:0'",
        "2001:db8::1, '', '2001:db8:0:0:0:0:0:0'",
    })
    void it_is_the_nearest_address_that_is_no_trusted_proxy(String peer, String forwarded, String expected)
            throws UnknownHostException {
        List<String> lines = forwarded.isEmpty() ? List.of() : List.of(forwarded);
        assertThat(addresses.of(peer, lines)).isEqualTo(InetAddress.getByName(expected));
    }

    @ParameterizedTest
    @CsvSource({"203.0.113.9, 198.51.100.7", "198.51.100.7, 198.51.100.7"})
    void more_lines_are_one_list(String first, String second) throws UnknownHostException {
        assertThat(addresses.of("10.0.0.1", List.of(first, second))).isEqualTo(InetAddress.getByName(second));
    }
}
