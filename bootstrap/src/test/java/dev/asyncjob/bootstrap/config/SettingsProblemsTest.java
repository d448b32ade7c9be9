package dev.asyncjob.bootstrap.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsProblemsTest {
    @TempDir
    private Path folder;

    @Test
    void a_value_and_a_file_for_it_are_one_too_many() throws IOException {
        String secret = file("secret", "x").toString();
        assertThat(problems(Map.of("ASYNCJOB_DB_PASSWORD", "x", "ASYNCJOB_DB_PASSWORD_FILE", secret)))
                .containsExactly("ASYNCJOB_DB_PASSWORD_FILE: set this or ASYNCJOB_DB_PASSWORD, not both");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALLOWED_NETWORKS | 10.0.0.0/8, 10.0.0.1/8 | must be networks in CIDR notation such as 10.0.0.0/8, separated by commas",
                "ALLOWED_NETWORKS | intern.example | must be networks in CIDR notation such as 10.0.0.0/8, separated by commas",
                "ALLOWED_NETWORKS | ١٠.0.0.0/8 | must be networks in CIDR notation such as 10.0.0.0/8, separated by commas",
                "GIVE_UP_AFTER | 0s | must be 1 s to 30 d",
                "GIVE_UP_AFTER | 31d | must be 1 s to 30 d",
            })
    void how_callbacks_are_delivered_has_rules(String name, String value, String problem) {
        assertThat(problems(Map.of("ASYNCJOB_CALLBACKS_FILE", "x", "ASYNCJOB_CALLBACKS_" + name, value)))
                .containsExactly("ASYNCJOB_CALLBACKS_%s: %s".formatted(name, problem));
    }

    @ParameterizedTest
    @CsvSource({"ALLOWED_NETWORKS, 10.0.0.0/8", "GIVE_UP_AFTER, 1d"})
    void how_callbacks_are_delivered_means_nothing_without_their_file(String name, String value) {
        assertThat(problems(Map.of("ASYNCJOB_CALLBACKS_" + name, value)))
                .containsExactly("ASYNCJOB_CALLBACKS_%s: means nothing without callbacks.file".formatted(name));
    }

    @Test
    void nobody_is_trusted_to_name_the_users_of_the_page_unless_addresses_say_who() {
        assertThat(problems(Map.of("ASYNCJOB_UI_PROXY_HEADER", "X-User")))
                .containsExactly("ASYNCJOB_UI_PROXY_FROM: must be set, too, because ASYNCJOB_UI_PROXY_HEADER is:"
                        + " anyone else could send the header");
        assertThat(problems(Map.of("ASYNCJOB_UI_PROXY_FROM", "::1", "ASYNCJOB_UI_PROXY_SCOPE", "job:admin")))
                .containsExactly(
                        "ASYNCJOB_UI_PROXY_FROM: means nothing without ui.proxy-header",
                        "ASYNCJOB_UI_PROXY_SCOPE: means nothing without ui.proxy-header");
        assertThat(problems(Map.of(
                        "ASYNCJOB_UI_PROXY_HEADER", "X User",
                        "ASYNCJOB_UI_PROXY_FROM", "proxy.example",
                        "ASYNCJOB_UI_PROXY_SCOPE", "job:work")))
                .containsExactly(
                        "ASYNCJOB_UI_PROXY_HEADER: must be the name of a header, such as X-User",
                        "ASYNCJOB_UI_PROXY_SCOPE: must be job:read-all or job:admin",
                        "ASYNCJOB_UI_PROXY_FROM: must be addresses such as 10.0.0.7 or networks such as 10.0.0.0/8,"
                                + " with commas between");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://traces.example/",
                "traces.example/{traceId}",
                "/trace/{traceId}",
                "javascript:alert('{traceId}')",
                "https:///{traceId}",
                "https://traces.example/{traceId}?panes={}",
                "https://traces.example/{traceId}\"",
            })
    void a_trace_is_at_a_url_with_its_id(String value) {
        assertThat(problems(Map.of("ASYNCJOB_UI_TRACE_LINK", value)))
                .containsExactly("ASYNCJOB_UI_TRACE_LINK: must be a URL with http: or https: and {traceId}, its other"
                        + " braces encoded");
    }

    @Test
    void everything_wrong_is_said_at_once_by_the_name_that_was_written() throws IOException {
        Path file = file("a.conf", """
                asyncjob.http.max-wait = never
                asyncjob.htpp.port = 1
                asyncjob.work.retention = [1, 2]
                """);
        Map<String, String> environment = Map.of(
                "ASYNCJOB_HTTP_PORT", "65536",
                "ASYNCJOB_DB_POOL", "5",
                "ASYNCJOB_DB_USER_FILE", folder.resolve("nowhere").toString(),
                "ASYNCJOB_WORK_LEASE_DEFAULT", "2h");
        assertThatThrownBy(() -> SettingsReader.load(environment, file))
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        e -> assertThat(e.problems())
                                .containsExactlyInAnyOrder(
                                        "asyncjob.http.max-wait (%s:1): must be a duration with its unit, such as 55s, 30d, 5 minutes or PT30S"
                                                .formatted(file),
                                        "asyncjob.htpp.port (%s:2): no such setting; the nearest is asyncjob.http.port"
                                                .formatted(file),
                                        "asyncjob.work.retention (%s:3): must be one value, not a list".formatted(file),
                                        "ASYNCJOB_HTTP_PORT: must be a whole number, 0 to 65535",
                                        "ASYNCJOB_DB_POOL: no such setting; the nearest is ASYNCJOB_DB_POOLER",
                                        "ASYNCJOB_DB_USER_FILE: the file that it names cannot be read",
                                        "ASYNCJOB_WORK_LEASE_DEFAULT: lease must be PT1S to PT1H"));
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_PORT, ٨٠٨٠",
        "HTTP_PORT, +8080",
        "HTTP_MAX_BODY, ٦٥٥٣٦",
        "HTTP_MAX_BODY, ٦٤KiB",
        "HTTP_MAX_WAIT, ٥s",
        "HTTP_MAX_WAIT, PT٥S",
        "WORK_MAX_ATTEMPTS, ٥",
        "SANDBOX_FAILURE_RATE, ٠",
        "SANDBOX_FAILURE_RATE, 0x1p-1",
        "SANDBOX_DURATION, ١s..٢s",
        "HTTP_TRUSTED_PROXIES, ١٢٧.٠.٠.١",
        "HTTP_TRUSTED_PROXIES, 10.0.0.0/٨"
    })
    void digits_of_other_scripts_are_no_numbers(String key, String value) {
        assertThat(problemsOrNone(Map.of("ASYNCJOB_" + key, value)))
                .hasSize(1)
                .first(STRING)
                .contains("must be");
    }

    @ParameterizedTest
    @EnumSource(SettingKey.class)
    void no_problem_repeats_a_value(SettingKey key) {
        String value = " hunter2{\n";
        assertThat(problemsOrNone(Map.of(key.environmentName(), value)).toString())
                .doesNotContain("hunter2");
        assertThat(problemsOrNone(Map.of(key.environmentName() + "_FILE", value))
                        .toString())
                .contains("cannot be read")
                .doesNotContain("hunter2");
    }

    @Test
    void a_broken_file_is_named_by_its_line_and_not_quoted() throws IOException {
        Path file = file("a.conf", "asyncjob.http.port = 1\nasyncjob.db.password = { hunter2");
        assertThatThrownBy(() -> SettingsReader.load(Map.of(), file))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining(file + ":2: this is not valid")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void a_missing_file_is_an_error() {
        Path nowhere = folder.resolve("nowhere.conf");
        assertThatThrownBy(() -> SettingsReader.load(Map.of(), nowhere))
                .isInstanceOf(InvalidSettings.class)
                .hasMessage(nowhere + ": this configuration file cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
        "ISSUER, auth.jwks-url, auth.jwks-file or auth.introspection-url",
        "AUDIENCE, auth.jwks-url, auth.jwks-file or auth.introspection-url",
        "CLIENT_CLAIM, auth.jwks-url, auth.jwks-file or auth.introspection-url",
        "OWNER_CLAIM, auth.jwks-url, auth.jwks-file or auth.introspection-url",
        "ALGORITHMS, auth.jwks-url or auth.jwks-file, ''",
        "TOKEN_TYPES, auth.jwks-url or auth.jwks-file, ''",
        "INTROSPECTION_CLIENT_ID, auth.introspection-url, ''",
        "INTROSPECTION_CLIENT_SECRET, auth.introspection-url, ''",
    })
    void a_setting_that_would_be_ignored_is_refused(String name, String missing, String more) {
        String sources = more.isEmpty() ? missing : missing + ", " + more;
        assertThat(problems(Map.of("ASYNCJOB_AUTH_" + name, "RS256")))
                .containsExactly("ASYNCJOB_AUTH_%s: means nothing without %s".formatted(name, sources));
    }

    @Test
    void half_an_identity_provider_is_refused_with_all_that_is_missing() throws IOException {
        Path config = file("a.conf", "asyncjob.auth.jwks-url = \"https://id.example/keys\"");
        assertThatThrownBy(() -> SettingsReader.load(
                        Map.of(
                                "ASYNCJOB_AUTH_JWKS_FILE", "keys.json",
                                "ASYNCJOB_AUTH_INTROSPECTION_URL", "https://id.example/ask"),
                        config))
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        e -> assertThat(e.problems())
                                .containsExactly(
                                        "ASYNCJOB_AUTH_JWKS_FILE: set this or asyncjob.auth.jwks-url (%s:1), not both"
                                                .formatted(config),
                                        "ASYNCJOB_AUTH_ISSUER: must be set, too, because asyncjob.auth.jwks-url (%s:1) is"
                                                .formatted(config),
                                        "ASYNCJOB_AUTH_AUDIENCE: must be set, too, because asyncjob.auth.jwks-url (%s:1) is"
                                                .formatted(config),
                                        "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID: must be set, too, because ASYNCJOB_AUTH_INTROSPECTION_URL is",
                                        "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET: must be set, too, because ASYNCJOB_AUTH_INTROSPECTION_URL is"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id.example/keys",
                "/keys",
                "ftp://id.example/keys",
                "file:///etc/passwd",
                "https:///keys",
                "https://user:hunter2@id.example/keys",
                "https://id.example/keys#hunter2",
                "https://id.example:0/keys",
                "https://id.example:65536/keys",
                "http://id.example/keys",
                "http://128.0.0.1/keys",
                "http://127.0.0.1.example/keys",
                "http://localhost.example/keys",
                "http://[::2]/keys",
                "https://id.example/ke ys",
            })
    void an_address_of_a_provider_that_is_not_safe_is_refused(String url) {
        Map<String, String> environment =
                Map.of("ASYNCJOB_AUTH_JWKS_URL", url, "ASYNCJOB_AUTH_ISSUER", "i", "ASYNCJOB_AUTH_AUDIENCE", "a");
        assertThat(problems(environment))
                .singleElement()
                .asString()
                .startsWith("ASYNCJOB_AUTH_JWKS_URL: must ")
                .doesNotContain("hunter2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://id.example/keys?version=2",
                "HTTPS://id.example:8443/",
                "http://localhost:8081/keys",
                "http://127.1.2.3/keys",
                "http://[::1]:8081/keys",
            })
    void an_address_of_a_provider_is_taken(String url) {
        Map<String, String> environment =
                Map.of("ASYNCJOB_AUTH_JWKS_URL", url, "ASYNCJOB_AUTH_ISSUER", "i", "ASYNCJOB_AUTH_AUDIENCE", "a");
        assertThat(problemsOrNone(environment)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "ALGORITHMS, HS256",
        "ALGORITHMS, none",
        "ALGORITHMS, 'RS256,'",
        "ALGORITHMS, rs256",
        "TOKEN_TYPES, 'at+jwt,'",
        "TOKEN_TYPES, application/at+jwt",
        "ISSUER, two words",
        "AUDIENCE, zoë",
        "CLIENT_CLAIM, client id",
        "OWNER_CLAIM, user id",
    })
    void a_rule_for_tokens_that_is_none_is_refused(String name, String value) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "ASYNCJOB_AUTH_JWKS_FILE", "keys.json", "ASYNCJOB_AUTH_ISSUER", "i", "ASYNCJOB_AUTH_AUDIENCE", "a"));
        environment.put("ASYNCJOB_AUTH_" + name, value);
        assertThat(problems(environment)).singleElement().asString().startsWith("ASYNCJOB_AUTH_" + name + ": must be ");
    }

    @Test
    void a_port_in_the_wrong_place_is_no_service_link() {
        assertThat(problems(Map.of("ASYNCJOB_PORT", "8080")))
                .containsExactly("ASYNCJOB_PORT: no such setting; the nearest is ASYNCJOB_HTTP_PORT");
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_PROT, 8080, HTTP_PORT",
        "HTTP_PROT, tcp://10.0.0.1:8080, HTTP_PORT",
        "HTTP_PORT_TCP, 8080, HTTP_PORT",
        "HTTPS_PORT, 8443, HTTP_PORT",
    })
    void a_misspelt_setting_is_no_service_link(String name, String value, String nearest) {
        assertThat(problems(Map.of("ASYNCJOB_" + name, value)))
                .containsExactly("ASYNCJOB_" + name + ": no such setting; the nearest is ASYNCJOB_" + nearest);
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP_HOST, 'a b'",
        "HTTP_HOST, ''",
        "HTTP_PORT, -1",
        "HTTP_PORT, 8o80",
        "HTTP_PORT, ''",
        "HTTP_BASE_PATH, /",
        "HTTP_BASE_PATH, api",
        "HTTP_BASE_PATH, /api/",
        "HTTP_BASE_PATH, /a//b",
        "HTTP_BASE_PATH, /a/../b",
        "HTTP_BASE_PATH, /{asyncJobId}",
        "HTTP_STATUS_PATH, ''",
        "HTTP_STATUS_PATH, /jobs",
        "HTTP_STATUS_PATH, 'jobs/{asyncJobId}'",
        "HTTP_STATUS_PATH, '/jobs/{id}'",
        "HTTP_STATUS_PATH, '/jobs/x{asyncJobId}'",
        "HTTP_STATUS_PATH, '/jobs/{asyncJobId}/'",
        "HTTP_STATUS_PATH, '/{asyncJobId}/{asyncJobId}'",
        "HTTP_STATUS_PATH, '/jobs/{asyncJobId}/<x>'",
        "HTTP_MAX_WAIT, 55",
        "HTTP_MAX_WAIT, 11m",
        "HTTP_MAX_WAIT, PT-1S",
        "HTTP_MAX_WAIT, P99999999999999999999D",
        "HTTP_MAX_BODY, 0",
        "HTTP_MAX_BODY, 1TiB",
        "HTTP_MAX_BODY, much",
        "HTTP_BEHIND_TLS, yes",
        "HTTP_WORK_API, private",
        "STATUS_EXTRAS, 'progress,colour'",
        "STATUS_EXTRAS, 'progress,'",
        "WORK_MAX_RESULT, 0B",
        "WORK_MAX_RESULT, 2MiB",
        "MANAGEMENT_HOST, 'a b'",
        "MANAGEMENT_HOST, ''",
        "MANAGEMENT_PORT, 70000",
        "DB_URL, jdbc:mysql://x",
        "DB_POOL_SIZE, 0",
        "DB_MIGRATE, yes",
        "DB_ALLOW_PLAINTEXT, yes",
        "DB_POOLER, session",
        "WORK_LEASE_DEFAULT, 500ms",
        "WORK_MAX_ATTEMPTS, 0",
        "WORK_MAX_ATTEMPTS, 101",
        "WORK_RETENTION, 0s",
        "AUDIT_RETENTION, 0s",
        "AUDIT_RETENTION, P3651D",
        "WORK_FAILED_PAYLOAD, -1s",
        "WORK_FAILED_PAYLOAD, P3651D",
        "WORK_EXPECTED_DURATION, PT-1S",
        "WORK_MAX_PENDING, 1000001",
        "WORK_MAX_PENDING, -1",
        "WORK_MAX_PENDING_PAYLOADS, 2PiB",
        "SANDBOX_DURATION, 6s..2s",
        "SANDBOX_DURATION, 2s..",
        "SANDBOX_DURATION, 1s..2s..3s",
        "SANDBOX_DURATION, 2h",
        "SANDBOX_FAILURE_RATE, 1.1",
        "SANDBOX_FAILURE_RATE, NaN",
        "SANDBOX_FAILURE_RATE, half",
        "SANDBOX_TOKEN, 'two words'",
    })
    void a_value_that_breaks_its_rule_is_refused_once(String name, String value) {
        assertThat(problems(Map.of("ASYNCJOB_" + name, value)))
                .singleElement()
                .asString()
                .startsWith("ASYNCJOB_" + name + ": ");
    }

    @Test
    void an_unknown_extra_is_told_with_the_known_ones() throws IOException {
        String rule = "must be one or more of progress, result, error and reference";
        assertThat(problems(Map.of("ASYNCJOB_STATUS_EXTRAS", "results")))
                .containsExactly("ASYNCJOB_STATUS_EXTRAS: " + rule);
        Path file = file("extras.conf", "asyncjob.status.extras = [progress, 7]");
        assertThat(problems(Map.of("ASYNCJOB_CONFIG", file.toString())))
                .containsExactly("asyncjob.status.extras (%s:1): %s".formatted(file, rule));
    }

    @Test
    void no_text_of_the_settings_shows_a_secret() {
        Settings settings = SettingsReader.load(
                Map.of(
                        "ASYNCJOB_DB_URL", "jdbc:postgresql://db/jobs?password=hunter2",
                        "ASYNCJOB_SANDBOX_TOKEN", "hunter2",
                        "ASYNCJOB_SANDBOX_API_KEY", "hunter2",
                        "ASYNCJOB_AUTH_INTROSPECTION_URL", "https://id.example/ask",
                        "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID", "asyncjob",
                        "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET", "hunter2"),
                null);
        assertThat(settings.toString()).doesNotContain("hunter2");
        assertThat(SettingsReader.load(Map.of("ASYNCJOB_DB_PASSWORD", "hunter2"), null)
                        .toString())
                .doesNotContain("hunter2");
    }

    @Test
    void a_certificate_needs_a_key_and_a_key_a_certificate() {
        assertThat(problems(Map.of("ASYNCJOB_HTTP_TLS_CERTIFICATE", "c.pem")))
                .containsExactly("ASYNCJOB_HTTP_TLS_KEY: must be set, too, because ASYNCJOB_HTTP_TLS_CERTIFICATE is");
        assertThat(problems(Map.of("ASYNCJOB_HTTP_TLS_KEY", "k.pem")))
                .containsExactly("ASYNCJOB_HTTP_TLS_CERTIFICATE: must be set, too, because ASYNCJOB_HTTP_TLS_KEY is");
    }

    @Test
    void a_password_that_is_set_twice_is_told() {
        assertThat(problems(Map.of(
                        "ASYNCJOB_DB_URL", "jdbc:postgresql://db/jobs?password=hunter2",
                        "ASYNCJOB_DB_PASSWORD", "hunter3")))
                .containsExactly("db.password is set twice: also in db.url");
    }

    private static List<String> problems(Map<String, String> environment) {
        return catchThrowableOfType(InvalidSettings.class, () -> SettingsReader.load(environment, null))
                .problems();
    }

    private static List<String> problemsOrNone(Map<String, String> environment) {
        try {
            SettingsReader.load(environment, null);
            return List.of();
        } catch (InvalidSettings e) {
            return e.problems();
        }
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
