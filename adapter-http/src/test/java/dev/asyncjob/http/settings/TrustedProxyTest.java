package dev.asyncjob.http.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxyTest {
    private static TrustedProxy proxy(String header, String... from) {
        return new TrustedProxy(header, List.of(from), Scope.JOB_READ_ALL);
    }

    @Test
    void its_addresses_are_addresses_and_networks() throws Exception {
        TrustedProxy proxy = proxy("X-Forwarded-User", "10.0.0.0/8", "fd00::1");
        assertThat(proxy.addresses().test(InetAddress.getByName("10.1.2.3"))).isTrue();
        assertThat(proxy.addresses().test(InetAddress.getByName("fd00::1"))).isTrue();
        assertThat(proxy.addresses().test(InetAddress.getByName("11.1.2.3"))).isFalse();
        assertThat(proxy.addresses().test(InetAddress.getByName("fd00::2"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "proxy.example", "10.0.0.0/33", "10.0.0.1-9", "*"})
    void all_else_is_refused(String from) {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> proxy("X-User", from))
                .withMessageContaining("10.0.0.0/8");
    }

    @Test
    void it_has_an_address_and_a_header() {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> proxy("X-User"))
                .withMessageContaining("addresses");
        for (String header : List.of("", "X User", "X_User", "X:User", "-", "X".repeat(65))) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> proxy(header, "fd00::1"))
                    .withMessageContaining("header");
        }
    }
}
