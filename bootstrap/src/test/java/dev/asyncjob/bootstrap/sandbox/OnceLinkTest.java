package dev.asyncjob.bootstrap.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.testkit.SettableClock;
import dev.asyncjob.ui.Login;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnceLinkTest {
    private static final SandboxClient CLIENT = new SandboxClient("token", "key");
    private static final String PAGE = "http://127.0.0.1:9090/ui";

    private final SettableClock clock = new SettableClock();
    private final OnceLink link = new OnceLink(CLIENT, clock::nanoTime);

    private static String secret(OnceLink of) {
        return of.at(PAGE).orElseThrow().replaceFirst(".*once=", "");
    }

    @Test
    void its_secret_is_worth_the_credentials_of_the_sandbox_once() {
        String secret = secret(link);
        assertThat(secret).matches("ajt_[A-Za-z0-9]{49}").isNotEqualTo(secret(new OnceLink(CLIENT, clock::nanoTime)));
        assertThat(link.redeem("other")).isEmpty();
        assertThat(link.redeem("")).isEmpty();
        assertThat(link.redeem(secret)).hasValue(new Login.Credentials("token", "key"));
        assertThat(link.redeem(secret)).isEmpty();
        assertThat(link.at(PAGE)).isEmpty();
    }

    @Test
    void it_ends_after_an_hour() {
        String secret = secret(link);
        clock.advance(Duration.ofHours(1));
        assertThat(link.redeem(secret)).isEmpty();
        assertThat(link.at(PAGE)).isEmpty();
    }

    @Test
    void it_lasts_for_an_hour() {
        clock.advance(Duration.ofHours(1).minusNanos(1));
        assertThat(link.redeem(secret(link))).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:9090/ui, http://127.0.0.1:9090/ui/login?once=",
        "http://localhost:9090/ui, http://localhost:9090/ui/login?once=",
        "http://[::1]:9090/ui, http://[::1]:9090/ui/login?once=",
        "http://0.0.0.0:9090/ui, http://127.0.0.1:9090/ui/login?once=",
        "http://[::]:9090/ui, http://127.0.0.1:9090/ui/login?once="
    })
    void it_is_at_a_loopback_address(String page, String begin) {
        assertThat(link.at(page).orElseThrow()).startsWith(begin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://10.0.0.1:9090/ui", "http://[fd00::1]:9090/ui", "http://my_host:9090/ui"})
    void it_is_nowhere_if_the_page_is_elsewhere_only(String page) {
        assertThat(link.at(page)).isEqualTo(Optional.empty());
    }
}
