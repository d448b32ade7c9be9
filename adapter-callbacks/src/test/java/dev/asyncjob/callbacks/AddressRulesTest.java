package dev.asyncjob.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.domain.InvalidValueException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRulesTest {
    private static final AddressRules GLOBAL = CallbackSettings.defaults().addressRules();

    @ParameterizedTest
    @CsvSource({
        "1.1.1.1, true",
        "8.8.8.8, true",
        "9.255.255.255, true",
        "11.0.0.0, true",
        "100.63.255.255, true",
        "100.128.0.0, true",
        "126.255.255.255, true",
        "128.0.0.0, true",
        "169.253.255.255, true",
        "169.255.0.0, true",
        "172.15.255.255, true",
        "172.32.0.0, true",
        "192.0.1.0, true",
        "192.0.3.0, true",
        "192.167.255.255, true",
        "192.169.0.0, true",
        "198.17.255.255, true",
        "198.20.0.0, true",
        "198.51.99.255, true",
        "198.51.101.0, true",
        "203.0.112.255, true",
        "203.0.114.0, true",
        "223.255.255.255, true",
        "2606:4700:4700::1111, true",
        "2a00:1450:4001:80b::200e, true",
        "2001:200::1, true",
        "2001:db7:ffff::1, true",
        "2001:db9::1, true",
        "2002:808:808::1, true",
        "64:ff9b::808:808, true",
        "::ffff:8.8.8.8, true",
        "::8.8.8.8, true",
        "0.0.0.0, false",
        "0.1.2.3, false",
        "10.0.0.0, false",
        "10.255.255.255, false",
        "100.64.0.0, false",
        "100.127.255.255, false",
        "127.0.0.1, false",
        "127.255.255.255, false",
        "169.254.0.0, false",
        "169.254.169.254, false",
        "172.16.0.0, false",
        "172.31.255.255, false",
        "192.0.0.1, false",
        "192.0.0.192, false",
        "192.0.2.1, false",
        "192.88.99.1, false",
        "192.168.0.1, false",
        "198.18.0.0, false",
        "198.19.255.255, false",
        "198.51.100.1, false",
        "203.0.113.255, false",
        "224.0.0.1, false",
        "239.255.255.255, false",
        "240.0.0.1, false",
        "255.255.255.255, false",
        "::, false",
        "::1, false",
        "::2, false",
        "::7f00:1, false",
        "::10.0.0.1, false",
        "::ffff:127.0.0.1, false",
        "::ffff:169.254.169.254, false",
        "::ffff:0:127.0.0.1, false",
        "64:ff9b::127.0.0.1, false",
        "64:ff9b::169.254.169.254, false",
        "64:ff9b::a00:1, false",
        "64:ff9b:1::808:808, false",
        "64:ff9b:1::a00:1, false",
        "100::1, false",
        "2001::1, false",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2, false",
        "2001:2::1, false",
        "2001:10::1, false",
        "2001:20::1, false",
        "2001:db8::1, false",
        "2002:7f00:1::1, false",
        "2002:a9fe:a9fe::, false",
        "2002:a00:1::1, false",
        "3fff::1, false",
        "5f00::1, false",
        "4000::1, false",
        "fc00::1, false",
        "fd00:ec2::254, false",
        "fe80::1, false",
        "fec0::1, false",
        "ff02::1, false",
    })
    void a_global_address_is_allowed_and_no_other(String address, boolean allowed) throws UnknownHostException {
        assertThat(GLOBAL.allows(InetAddress.getByName(address))).isEqualTo(allowed);
    }

    /** Java makes IPv4 addresses of such bytes, unless they are given like this. */
    @Test
    void a_mapped_address_is_judged_also_where_java_keeps_it_as_ipv6() throws UnknownHostException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 127, 0, 0, 1};
        InetAddress local = Inet6Address.getByAddress("x", mapped, 0);
        mapped[12] = 8;
        InetAddress global = Inet6Address.getByAddress("x", mapped, 0);
        assertThat(local.getAddress()).hasSize(16);
        assertThat(GLOBAL.allows(local)).isFalse();
        assertThat(GLOBAL.allows(global)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "10.20.0.0/16, 10.20.255.255, true",
        "10.20.0.0/16, 10.21.0.0, false",
        "10.20.0.0/16, 192.168.0.1, false",
        "10.20.0.0/16, ::ffff:10.20.0.1, true",
        "10.20.0.0/16, 64:ff9b::10.20.0.1, true",
        "10.20.0.0/16, 2002:a14:1::1, true",
        "10.20.0.0/16, 2002:a15:1::1, false",
        "127.0.0.1/32, 127.0.0.1, true",
        "127.0.0.1/32, 127.0.0.2, false",
        "10.0.0.128/25, 10.0.0.127, false",
        "10.0.0.128/25, 10.0.0.128, true",
        "0.0.0.0/0, 127.0.0.1, true",
        "0.0.0.0/0, ::1, true", // 0.0.0.1, in the compatible form
        "0.0.0.0/0, fd00::1, false",
        "fd00::/8, fd12::1, true",
        "fd00::/8, fc00::1, false",
        "fd00::/8, 10.0.0.1, false",
        "::1/128, ::1, true",
        "64:ff9b:1::/48, 64:ff9b:1::a00:1, true",
        "::ffff:10.20.0.0/112, 10.20.0.1, true",
        "::ffff:10.20.0.0/112, 10.21.0.1, false",
    })
    void a_network_of_the_settings_allows_its_own_addresses(String network, String address, boolean allowed)
            throws UnknownHostException {
        AddressRules rules = CallbackSettings.defaults()
                .withAllowedNetworks(List.of(network))
                .addressRules();
        assertThat(rules.allows(InetAddress.getByName(address))).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.0",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.1/8",
                "10.0.0/8",
                "256.0.0.0/8",
                "010.0.0.0/8 ",
                "10.0.0.0/-1",
                "::/129",
                "fd00::1/8",
                "::ffff:10.0.0.0/95",
                "fd00::/",
                ":::/8",
                "localhost/8",
                "intern.example/8",
                "10.0.0.0-10.0.0.9",
                "0x0a.0.0.0/8",
                "fe80::%lo/10",
            })
    void what_is_no_network_is_refused_without_a_look_up_of_names(String text) {
        assertThatThrownBy(() -> CallbackSettings.defaults().withAllowedNetworks(List.of(text)))
                .isInstanceOf(InvalidValueException.class)
                .hasMessage("must be networks in CIDR notation such as 10.0.0.0/8, separated by commas");
    }

    @Test
    void deliveries_are_given_up_after_six_hours_by_default_and_one_second_to_thirty_days_otherwise() {
        CallbackSettings settings = CallbackSettings.defaults();
        assertThat(settings)
                .isEqualTo(new CallbackSettings(List.of(), Duration.ofHours(6), false))
                .isEqualTo(settings.withGiveUpAfter(Duration.ofHours(6)));
        assertThat(settings.withGiveUpAfter(Duration.ofSeconds(1)).giveUpAfter())
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.withGiveUpAfter(Duration.ofDays(30)).giveUpAfter()).isEqualTo(Duration.ofDays(30));
        for (Duration wrong :
                List.of(Duration.ofMillis(999), Duration.ofDays(30).plusMillis(1))) {
            assertThatThrownBy(() -> settings.withGiveUpAfter(wrong))
                    .isInstanceOf(InvalidValueException.class)
                    .hasMessage("must be 1 s to 30 d");
        }
    }
}
