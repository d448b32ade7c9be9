package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.FileModes;
import dev.asyncjob.identity.internal.file.GuardedFile;
import dev.asyncjob.testkit.RecordedLog;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbacksTest {
    private static final Owner A = new Owner("clinic-a");
    private static final Owner B = new Owner("clinic-b");
    private static final URI URL = URI.create("https://clinic-a.example/ended?x=1");
    private static final JobKind REPORT = new JobKind("report");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final String SECRET = "whsec_" + "QUJD".repeat(8);

    @TempDir
    private Path folder;

    private final SettableClock clock = new SettableClock(Jwts.NOW.plusMillis(500));
    private final AtomicLong nanoTime = new AtomicLong();
    private final List<String> log = new ArrayList<>();

    private Path path() {
        return folder.resolve("callbacks.json");
    }

    private CallbackAdministration callbacks() {
        return new CallbackAdministration(path(), clock);
    }

    private RegisteredCallbacks node() throws IOException {
        return new RegisteredCallbacks(new GuardedFile<>(FileFormat.CALLBACKS, path()), clock, nanoTime::get, log::add);
    }

    private void aSecondPasses() {
        nanoTime.addAndGet(SECOND.toNanos());
    }

    @Test
    void an_endpoint_is_found_by_its_client() throws IOException {
        String secret = callbacks().add(A, URL, List.of(REPORT)).orElseThrow();
        assertThat(secret).startsWith("whsec_");
        assertThat(Base64.getDecoder().decode(secret.substring(6))).hasSize(32);
        assertThat(node().of(A)).hasValueSatisfying(found -> {
            assertThat(found.url()).isEqualTo(URL);
            assertThat(found.secrets()).containsExactly(secret);
            assertThat(found.takes(REPORT)).isTrue();
            assertThat(found.takes(new JobKind("other"))).isFalse();
            assertThat(found.toString()).doesNotContain(secret);
        });
        assertThat(node().of(B)).isEmpty();
    }

    @Test
    void an_endpoint_without_kinds_takes_all() throws IOException {
        callbacks().add(A, URL, List.of());
        assertThat(node().of(A).orElseThrow().takes(REPORT)).isTrue();
    }

    @Test
    void a_client_has_one_endpoint() throws IOException {
        callbacks().add(A, URL, List.of());
        String before = Files.readString(path());
        assertThat(callbacks().add(A, URL, List.of())).isEmpty();
        assertThat(callbacks().roll(B, null)).isEmpty();
        assertThat(callbacks().remove(B)).isFalse();
        assertThat(path()).hasContent(before);
        assertThat(callbacks().remove(A)).isTrue();
        assertThat(callbacks().list()).isEmpty();
    }

    @Test
    void the_text_of_the_file_is_this_and_only_its_owner_reads_it() throws IOException {
        String secret = callbacks().add(A, URL, List.of(REPORT)).orElseThrow();
        assertThat(Files.readString(path()).replaceAll("\\s", ""))
                .isEqualTo("{\"callbacks\":{\"clinic-a\":{\"createdAt\":\"" + Jwts.NOW
                        + "\",\"kinds\":[\"report\"],\"secrets\":[{\"createdAt\":\"" + Jwts.NOW + "\",\"secret\":\""
                        + secret + "\"}],\"url\":\"" + URL + "\"}}}");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");
    }

    @Test
    void a_file_that_others_can_read_gives_a_warning_with_each_change() throws IOException {
        callbacks().add(A, URL, List.of());
        try (RecordedLog log = new RecordedLog(FileModes.class.getName())) {
            node();
            assertThat(warnings(log)).isEmpty();
            Files.setAttribute(path(), "unix:mode", 0644);
            String warning = path() + ": other users can read the secrets in it (mode 644); 'chmod o-r' prevents that";
            RegisteredCallbacks node = node();
            assertThat(warnings(log)).containsExactly(warning);
            aSecondPasses();
            node.of(A);
            assertThat(warnings(log)).containsExactly(warning);
            callbacks().roll(A, null);
            aSecondPasses();
            node.of(A);
            assertThat(warnings(log)).containsExactly(warning, warning, warning);
        }
    }

    private List<String> warnings(RecordedLog log) {
        return log.lines().stream()
                .filter(line -> line.startsWith(path().toString()))
                .toList();
    }

    @Test
    void a_list_shows_no_secret() throws IOException {
        String secret = callbacks().add(A, URL, List.of(REPORT)).orElseThrow();
        assertThat(callbacks().list()).singleElement().satisfies(entry -> {
            assertThat(entry.client()).isEqualTo(A);
            assertThat(entry.url()).isEqualTo(URL);
            assertThat(entry.kinds()).containsExactly(REPORT);
            assertThat(entry.createdAt()).isEqualTo(Jwts.NOW);
            assertThat(entry.disabledAt()).isNull();
            assertThat(entry.toString()).doesNotContain(secret);
        });
    }

    @Test
    void the_old_secret_signs_until_the_overlap_ends() throws IOException {
        String first = callbacks().add(A, URL, List.of()).orElseThrow();
        String second = callbacks().roll(A, Duration.ofHours(1)).orElseThrow();
        RegisteredCallbacks node = node();
        assertThat(node.of(A).orElseThrow().secrets()).containsExactly(second, first);
        clock.advance(Duration.ofHours(1));
        assertThat(node.of(A).orElseThrow().secrets()).containsExactly(second);
    }

    @Test
    void two_secrets_sign_at_most_and_without_an_overlap_one() throws IOException {
        callbacks().add(A, URL, List.of());
        String second = callbacks().roll(A, Duration.ofHours(1)).orElseThrow();
        String third = callbacks().roll(A, Duration.ofHours(1)).orElseThrow();
        assertThat(node().of(A).orElseThrow().secrets()).containsExactly(third, second);
        String fourth = callbacks().roll(A, null).orElseThrow();
        assertThat(node().of(A).orElseThrow().secrets()).containsExactly(fourth);
    }

    @Test
    void a_change_is_followed_within_a_second_and_is_in_the_security_log_without_secrets() throws IOException {
        callbacks().add(A, URL, List.of());
        RegisteredCallbacks node = node();
        String secret = callbacks().add(B, URL, List.of()).orElseThrow();
        assertThat(node.of(B)).isEmpty();
        aSecondPasses();
        try (RecordedLog lines = new RecordedLog(Authenticator.SECURITY_LOG)) {
            assertThat(node.of(B)).isPresent();
            assertThat(lines.lines())
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .contains("\"callbacks-changed\"", "clinic-b callback")
                            .doesNotContain(secret, "clinic-a"));
        }
    }

    @Test
    void an_unreadable_or_broken_file_leaves_the_good_one_in_force() throws IOException {
        callbacks().add(A, URL, List.of());
        RegisteredCallbacks node = node();
        Files.writeString(path(), "{\"callbacks\":{\"hunter2\"");
        aSecondPasses();
        assertThat(node.of(A)).isPresent();
        assertThat(log)
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith("the last valid callbacks stay in force: " + path() + ": not a callbacks file")
                        .doesNotContain("hunter2"));
        Files.delete(path());
        aSecondPasses();
        assertThat(node.of(A)).isPresent();
        callbacks().add(B, URL, List.of());
        aSecondPasses();
        assertThat(node.of(A)).isEmpty();
        assertThat(node.of(B)).isPresent();
        assertThat(log).hasSize(1);
    }

    @Test
    void a_file_that_others_may_change_is_refused() throws IOException {
        callbacks().add(A, URL, List.of());
        Files.setPosixFilePermissions(path(), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(this::node).hasMessageContaining("other users may change it");
        assertThatThrownBy(() -> callbacks().remove(A)).hasMessageContaining("other users may change it");
    }

    @Test
    void a_missing_file_is_not_an_empty_one() {
        assertThatThrownBy(this::node).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void an_endpoint_that_is_gone_is_disabled_for_all_nodes_and_listed() throws IOException {
        callbacks().add(A, URL, List.of());
        RegisteredCallbacks one = node();
        RegisteredCallbacks other = node();
        one.disable(A, one.of(A).orElseThrow());
        assertThat(one.of(A)).isEmpty();
        aSecondPasses();
        assertThat(one.of(A)).isEmpty();
        assertThat(other.of(A)).isEmpty();
        assertThat(callbacks().list())
                .singleElement()
                .satisfies(entry -> assertThat(entry.disabledAt()).isEqualTo(Jwts.NOW));
    }

    @Test
    void a_new_secret_enables_an_endpoint() throws IOException {
        callbacks().add(A, URL, List.of());
        RegisteredCallbacks node = node();
        node.disable(A, node.of(A).orElseThrow());
        callbacks().roll(A, SECOND);
        aSecondPasses();
        assertThat(node.of(A)).isPresent();
        node.disable(A, node.of(A).orElseThrow());
        callbacks().remove(A);
        callbacks().add(A, URL, List.of());
        aSecondPasses();
        assertThat(node.of(A)).isPresent();
        assertThat(callbacks().list().get(0).disabledAt()).isNull();
    }

    @Test
    void an_endpoint_that_was_registered_again_is_not_disabled() throws IOException {
        callbacks().add(A, URL, List.of());
        RegisteredCallbacks node = node();
        Endpoint gone = node.of(A).orElseThrow();
        callbacks().remove(A);
        callbacks().add(A, URL, List.of());
        node.disable(A, gone);
        aSecondPasses();
        assertThat(node.of(A)).isPresent();
        node.disable(A, gone);
        assertThat(node.of(A)).isPresent();
        assertThat(callbacks().list().get(0).disabledAt()).isNull();
    }

    @Test
    void an_endpoint_is_disabled_in_memory_if_its_file_cannot_be_written() throws IOException {
        Path mounted = Files.createDirectory(folder.resolve("mounted"));
        new CallbackAdministration(mounted.resolve("callbacks.json"), clock).add(A, URL, List.of());
        Files.createSymbolicLink(path(), Path.of("mounted", "callbacks.json"));
        RegisteredCallbacks node = node();
        node.disable(A, node.of(A).orElseThrow());
        assertThat(node.of(A)).isEmpty();
        assertThat(log)
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith(
                                "the endpoint of clinic-a answered that it is gone, and is disabled in this process only: ")
                        .endsWith("is a symbolic link; name the file itself to change it"));
        Files.writeString(path(), Files.readString(path()) + "\n");
        aSecondPasses();
        assertThat(node.of(A)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.org",
                "https://example.org:8443/a/b?c=d&e",
                "HTTPS://192.0.2.1/",
                "https://[2001:db8::1]/",
                "http://127.0.0.1:8080/ended",
                "http://127.9.9.9/",
                "http://[::1]:1/",
            })
    void a_url_may_be(String url) {
        assertThat(CallbackAdministration.url(url)).hasToString(url);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hunter2",
                "/hunter2",
                "//example.org/hunter2",
                "ftp://example.org/hunter2",
                "http://example.org/hunter2",
                "http://localhost/hunter2",
                "http://127.0.0.1.example.org/hunter2",
                "http://127.0.0.256/hunter2",
                "http://2130706433/hunter2",
                "https://hunter2@example.org/",
                "https://example.org/#hunter2",
                "https://example.org/hunter2#",
                "https://example.org:0/hunter2",
                "https://example.org:65536/hunter2",
                "https:///hunter2",
                "https:hunter2",
                "https://exa mple.org/hunter2",
                "https://example.org/hunter2\n",
                "https://example.org/hünter2",
                "https://exämple.org/hunter2",
            })
    void a_url_may_not_be(String url) {
        assertThatThrownBy(() -> CallbackAdministration.url(url))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void a_url_has_2000_characters_at_most() {
        String longest = "https://example.org/".concat("a".repeat(1980));
        assertThat(CallbackAdministration.url(longest)).hasToString(longest);
        assertThatThrownBy(() -> CallbackAdministration.url(longest + "a"))
                .hasMessage("a URL must have 2000 characters at most");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"clients\":{}}",
                "{\"callbacks\":{},\"clients\":{}}",
                "{\"callbacks\":{\"a\":{}}}",
                "{\"callbacks\":{\"a\":null}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"http://hunter2.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[\"Hunter2\"],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"secrets\":[SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET],\"hunter2\":1}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[SECRET,SECRET,SECRET]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[{\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[{\"secret\":\"hunter2\",\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[{\"secret\":\"whsec_hunter2\",\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
                "{\"callbacks\":{\"a\":{\"url\":\"https://a.example\",\"kinds\":[],\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[{\"secret\":\"whsec_QUJD\",\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
            })
    void a_malformed_file_is_refused_without_quoting_it(String content) throws IOException {
        Files.writeString(
                path(),
                content.replace("SECRET", "{\"secret\":\"" + SECRET + "\",\"createdAt\":\"2026-11-23T12:00:00Z\"}"));
        assertThatThrownBy(this::node)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(path() + ": ")
                .hasMessageNotContaining("unter2");
    }

    @Test
    void the_secret_of_a_file_of_hand_is_taken() throws IOException {
        Files.writeString(
                path(),
                "{\"callbacks\":{\"clinic-a\":{\"url\":\"https://a.example\",\"kinds\":[],"
                        + "\"createdAt\":\"2026-11-23T12:00:00Z\",\"secrets\":[{\"secret\":\"" + SECRET
                        + "\",\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}");
        assertThat(node().of(A).orElseThrow().secrets()).containsExactly(SECRET);
    }
}
