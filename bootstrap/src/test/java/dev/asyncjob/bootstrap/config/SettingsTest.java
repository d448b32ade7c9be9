package dev.asyncjob.bootstrap.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.Warnings;
import dev.asyncjob.callbacks.CallbackSettings;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import dev.asyncjob.http.settings.TrustedProxy;
import dev.asyncjob.identity.IdentitySettings;
import dev.asyncjob.persistence.DatabaseCredentials;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.Pooler;
import dev.asyncjob.persistence.TableNames;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    /** What is refused where the JVM has none. */
    private static final boolean VIRTUAL_THREADS = Runtime.version().feature() >= 21;

    private static final DatabaseSettings POSTGRESQL = new DatabaseSettings(
            "jdbc:postgresql://db/jobs",
            new DatabaseCredentials("jobs", " a=b "),
            32,
            false,
            true,
            Pooler.TRANSACTION,
            "k".repeat(32),
            new TableNames("jobs", "a_"));

    @TempDir
    private Path folder;

    @Test
    void the_keys_and_their_defaults_are_these_and_no_others() {
        assertThat(Settings.keys())
                .containsExactly(
                        entry("http.host", "127.0.0.1"),
                        entry("http.port", "8080"),
                        entry("http.base-path", ""),
                        entry("http.status-path", "/patients/composition/job/{asyncJobId}"),
                        entry("http.max-wait", "55s"),
                        entry("http.max-body", "64KiB"),
                        entry("http.max-header", "8KiB"),
                        entry("http.max-connections", "10000"),
                        entry("http.max-connections-per-address", "8000"),
                        entry("http.idle-timeout", "75s"),
                        entry("http.memory", ""),
                        entry("http.requests-per-second", "2000"),
                        entry("http.failed-logins", "100"),
                        entry("http.held-reads", "2000"),
                        entry("http.held-claims", "1000"),
                        entry("http.event-streams", "1000"),
                        entry("http.trusted-proxies", ""),
                        entry("http.tls.certificate", ""),
                        entry("http.tls.key", ""),
                        entry("http.behind-tls", "false"),
                        entry("http.work-api", "public"),
                        entry("http.request-log", "true"),
                        entry("http.docs", "true"),
                        entry("http.virtual-threads", ""),
                        entry("log.level", "info"),
                        entry("log.format", "text"),
                        entry("log.probes", "false"),
                        entry("status.extras", ""),
                        entry("management.host", "127.0.0.1"),
                        entry("management.port", "9090"),
                        entry("ui.enabled", "true"),
                        entry("ui.actions", "false"),
                        entry("ui.proxy-header", ""),
                        entry("ui.proxy-from", ""),
                        entry("ui.proxy-scope", "job:read-all"),
                        entry("ui.trace-link", ""),
                        entry("db.url", "jdbc:h2:file:./data/asyncjob"),
                        entry("db.user", ""),
                        entry("db.password", ""),
                        entry("db.pool-size", "10"),
                        entry("db.migrate", "true"),
                        entry("db.allow-plaintext", "false"),
                        entry("db.pooler", "none"),
                        entry("db.fingerprint-key", ""),
                        entry("db.schema", "asyncjob"),
                        entry("db.table-prefix", ""),
                        entry("auth.clients-file", ""),
                        entry("auth.jwks-url", ""),
                        entry("auth.jwks-file", ""),
                        entry("auth.issuer", ""),
                        entry("auth.audience", ""),
                        entry("auth.client-claim", "client_id"),
                        entry("auth.owner-claim", ""),
                        entry("auth.algorithms", "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512"),
                        entry("auth.token-types", "at+jwt"),
                        entry("auth.introspection-url", ""),
                        entry("auth.introspection-client-id", ""),
                        entry("auth.introspection-client-secret", ""),
                        entry("work.lease-default", "30s"),
                        entry("work.max-attempts", "5"),
                        entry("work.max-result", "16KiB"),
                        entry("work.retention", "30d"),
                        entry("work.expected-duration", "3s"),
                        entry("work.max-pending", "250000"),
                        entry("work.max-pending-payloads", "1GiB"),
                        entry("work.failed-payload", "0s"),
                        entry("audit.retention", "365d"),
                        entry("callbacks.file", ""),
                        entry("callbacks.allowed-networks", ""),
                        entry("callbacks.give-up-after", "6h"),
                        entry("sandbox.duration", "3s"),
                        entry("sandbox.failure-rate", "0"),
                        entry("sandbox.token", ""),
                        entry("sandbox.api-key", ""));
    }

    @Test
    void nothing_set_gives_the_defaults() {
        assertThat(load(Map.of()))
                .isEqualTo(new Settings(
                        HttpSettings.defaults(),
                        new Settings.Places(
                                "127.0.0.1",
                                9090,
                                new Settings.Page(true, false, null, ""),
                                Settings.WorkApiPlace.PUBLIC,
                                null,
                                false),
                        new Settings.Log("info", false, true, false),
                        DatabaseSettings.defaults(),
                        null,
                        null,
                        CallbackSettings.defaults(),
                        IdentitySettings.none(),
                        WorkPolicy.defaults().withQuota(new Backlog(250_000, 1L << 30)),
                        new Settings.Sandbox(
                                DatabaseSettings.defaults().withUrl("jdbc:h2:mem:sandbox"),
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(3),
                                0,
                                null,
                                null)));
    }

    @Test
    void the_environment_sets_every_value() {
        Settings settings = load(Map.ofEntries(
                entry("ASYNCJOB_HTTP_HOST", "::1"),
                entry("ASYNCJOB_HTTP_PORT", "0"),
                entry("ASYNCJOB_HTTP_BASE_PATH", "/api/v1"),
                entry("ASYNCJOB_HTTP_STATUS_PATH", "/jobs/{asyncJobId}/status"),
                entry("ASYNCJOB_HTTP_MAX_WAIT", "PT20S"),
                entry("ASYNCJOB_HTTP_MAX_BODY", "1MiB"),
                entry("ASYNCJOB_HTTP_MAX_HEADER", "16KiB"),
                entry("ASYNCJOB_HTTP_MAX_CONNECTIONS", "200"),
                entry("ASYNCJOB_HTTP_MAX_CONNECTIONS_PER_ADDRESS", "20"),
                entry("ASYNCJOB_HTTP_IDLE_TIMEOUT", "3m"),
                entry("ASYNCJOB_HTTP_MEMORY", "2MiB"),
                entry("ASYNCJOB_HTTP_DOCS", "false"),
                entry("ASYNCJOB_HTTP_REQUESTS_PER_SECOND", "0"),
                entry("ASYNCJOB_HTTP_FAILED_LOGINS", "5"),
                entry("ASYNCJOB_HTTP_HELD_READS", "8"),
                entry("ASYNCJOB_HTTP_HELD_CLAIMS", "7"),
                entry("ASYNCJOB_HTTP_EVENT_STREAMS", "6"),
                entry("ASYNCJOB_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
                entry("ASYNCJOB_HTTP_TLS_CERTIFICATE", "/tls/crt"),
                entry("ASYNCJOB_HTTP_TLS_KEY", "/tls/key"),
                entry("ASYNCJOB_HTTP_BEHIND_TLS", "true"),
                entry("ASYNCJOB_HTTP_WORK_API", "off"),
                entry("ASYNCJOB_HTTP_REQUEST_LOG", "false"),
                entry("ASYNCJOB_HTTP_VIRTUAL_THREADS", String.valueOf(VIRTUAL_THREADS)),
                entry("ASYNCJOB_LOG_LEVEL", "debug"),
                entry("ASYNCJOB_LOG_FORMAT", "json"),
                entry("ASYNCJOB_LOG_PROBES", "true"),
                entry("ASYNCJOB_STATUS_EXTRAS", "result, progress"),
                entry("ASYNCJOB_MANAGEMENT_HOST", "10.0.0.1"),
                entry("ASYNCJOB_MANAGEMENT_PORT", "65535"),
                entry("ASYNCJOB_UI_ENABLED", "false"),
                entry("ASYNCJOB_UI_ACTIONS", "true"),
                entry("ASYNCJOB_UI_PROXY_HEADER", "X-Forwarded-User"),
                entry("ASYNCJOB_UI_PROXY_FROM", "10.0.0.7, fd00::/8"),
                entry("ASYNCJOB_UI_PROXY_SCOPE", "job:admin"),
                entry("ASYNCJOB_UI_TRACE_LINK", "https://traces.example/trace/{traceId}"),
                entry("ASYNCJOB_DB_URL", "jdbc:postgresql://db/jobs"),
                entry("ASYNCJOB_DB_USER", "jobs"),
                entry("ASYNCJOB_DB_PASSWORD", " a=b "),
                entry("ASYNCJOB_DB_POOL_SIZE", "32"),
                entry("ASYNCJOB_DB_MIGRATE", "false"),
                entry("ASYNCJOB_DB_ALLOW_PLAINTEXT", "true"),
                entry("ASYNCJOB_DB_POOLER", "transaction"),
                entry("ASYNCJOB_DB_FINGERPRINT_KEY", "k".repeat(32)),
                entry("ASYNCJOB_DB_SCHEMA", "jobs"),
                entry("ASYNCJOB_DB_TABLE_PREFIX", "a_"),
                entry("ASYNCJOB_AUTH_CLIENTS_FILE", "/etc/asyncjob/clients.json"),
                entry("ASYNCJOB_AUTH_JWKS_URL", "https://id.example/keys"),
                entry("ASYNCJOB_AUTH_ISSUER", "https://id.example"),
                entry("ASYNCJOB_AUTH_AUDIENCE", "asyncjob"),
                entry("ASYNCJOB_AUTH_CLIENT_CLAIM", "azp"),
                entry("ASYNCJOB_AUTH_OWNER_CLAIM", "legal_entity"),
                entry("ASYNCJOB_AUTH_ALGORITHMS", "RS256, ES256"),
                entry("ASYNCJOB_AUTH_TOKEN_TYPES", "at+jwt,JWT"),
                entry("ASYNCJOB_AUTH_INTROSPECTION_URL", "http://127.0.0.1:8081/ask"),
                entry("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID", "jobs"),
                entry("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET", " s3 cret "),
                entry("ASYNCJOB_WORK_LEASE_DEFAULT", "5 minutes"),
                entry("ASYNCJOB_WORK_MAX_ATTEMPTS", "7"),
                entry("ASYNCJOB_WORK_MAX_RESULT", "1KiB"),
                entry("ASYNCJOB_WORK_RETENTION", "P90D"),
                entry("ASYNCJOB_WORK_EXPECTED_DURATION", "1500ms"),
                entry("ASYNCJOB_WORK_MAX_PENDING", "0"),
                entry("ASYNCJOB_WORK_MAX_PENDING_PAYLOADS", "3GiB"),
                entry("ASYNCJOB_WORK_FAILED_PAYLOAD", "PT12H"),
                entry("ASYNCJOB_AUDIT_RETENTION", "P30D"),
                entry("ASYNCJOB_CALLBACKS_FILE", "/etc/asyncjob/callbacks.json"),
                entry("ASYNCJOB_CALLBACKS_ALLOWED_NETWORKS", "10.20.0.0/16, fd00::/8"),
                entry("ASYNCJOB_CALLBACKS_GIVE_UP_AFTER", "12h"),
                entry("ASYNCJOB_SANDBOX_DURATION", "2s..6s"),
                entry("ASYNCJOB_SANDBOX_FAILURE_RATE", "0.25"),
                entry("ASYNCJOB_SANDBOX_TOKEN", "demo-token"),
                entry("ASYNCJOB_SANDBOX_API_KEY", "demo-key")));
        assertThat(settings)
                .isEqualTo(new Settings(
                        new HttpSettings(
                                "::1",
                                0,
                                "/api/v1",
                                "/jobs/{asyncJobId}/status",
                                1_048_576,
                                Duration.ofSeconds(20),
                                VIRTUAL_THREADS,
                                false,
                                new HttpLimits(
                                        16_384,
                                        200,
                                        20,
                                        Duration.ofMinutes(3),
                                        2 << 20,
                                        0,
                                        5,
                                        8,
                                        7,
                                        6,
                                        List.of("10.0.0.0/8", "::1")),
                                Set.of(StatusExtra.PROGRESS, StatusExtra.RESULT),
                                1_024),
                        new Settings.Places(
                                "10.0.0.1",
                                65_535,
                                new Settings.Page(
                                        false,
                                        true,
                                        new TrustedProxy(
                                                "X-Forwarded-User", List.of("10.0.0.7", "fd00::/8"), Scope.JOB_ADMIN),
                                        "https://traces.example/trace/{traceId}"),
                                Settings.WorkApiPlace.OFF,
                                new Settings.TlsFiles(Path.of("/tls/crt"), Path.of("/tls/key")),
                                true),
                        new Settings.Log("debug", true, false, true),
                        POSTGRESQL,
                        Path.of("/etc/asyncjob/clients.json"),
                        Path.of("/etc/asyncjob/callbacks.json"),
                        new CallbackSettings(List.of("10.20.0.0/16", "fd00::/8"), Duration.ofHours(12), false),
                        new IdentitySettings(
                                URI.create("https://id.example/keys"),
                                null,
                                "https://id.example",
                                "asyncjob",
                                "azp",
                                "legal_entity",
                                Set.of("RS256", "ES256"),
                                Set.of("at+jwt", "JWT"),
                                new IdentitySettings.Endpoint(
                                        URI.create("http://127.0.0.1:8081/ask"), "jobs", " s3 cret ")),
                        WorkPolicy.defaults()
                                .withLease(Duration.ofMinutes(5))
                                .withMaxAttempts(7)
                                .withRetention(Duration.ofDays(90))
                                .withExpectedDuration(Duration.ofMillis(1500))
                                .withQuota(new Backlog(Long.MAX_VALUE, 3L << 30))
                                .withFailedPayload(Duration.ofHours(12))
                                .withAuditRetention(Duration.ofDays(30)),
                        new Settings.Sandbox(
                                POSTGRESQL,
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(6),
                                0.25,
                                "demo-token",
                                "demo-key")));
    }

    @ParameterizedTest
    @CsvSource({
        "app.conf, 'asyncjob { http.port = 81, db { password = 007 } }, other.root = [1]'",
        "app.json, '{\"asyncjob\":{\"http\":{\"port\":81},\"db.password\":\"007\"},\"other\":{\"http\":{\"prot\":1}}}'",
        "app.properties, 'asyncjob.http.port=81\nasyncjob.db.password=007\nother.thing=x'",
    })
    void a_file_in_any_of_three_formats_is_read(String name, String content) throws IOException {
        Settings settings = SettingsReader.load(Map.of(), file(name, content));
        assertThat(settings.http().port()).isEqualTo(81);
        assertThat(settings.db().credentials().get().password()).isEqualTo("007");
    }

    @ParameterizedTest
    @CsvSource({
        "'asyncjob.status.extras = [progress, \"reference\"]'",
        "'asyncjob.status.extras = \"reference, progress\"'",
        "'asyncjob.status { extras = [reference], extras = ${asyncjob.status.extras} [progress] }'"
    })
    void a_file_has_extras_as_a_list_or_as_text(String content) throws IOException {
        assertThat(SettingsReader.load(Map.of(), file("a.conf", content)).http().extras())
                .containsExactlyInAnyOrder(StatusExtra.PROGRESS, StatusExtra.REFERENCE);
    }

    @Test
    void no_extras_are_none() throws IOException {
        assertThat(SettingsReader.load(Map.of(), file("a.conf", "asyncjob.status.extras = []"))
                        .http()
                        .extras())
                .isEmpty();
        assertThat(load(Map.of("ASYNCJOB_STATUS_EXTRAS", "")).http().extras()).isEmpty();
    }

    @Test
    void the_environment_is_stronger_than_the_file() throws IOException {
        Path file = file("a.conf", "asyncjob.http.port = 81, asyncjob.http.host = a.example");
        Settings settings = load(Map.of("ASYNCJOB_CONFIG", file.toString(), "ASYNCJOB_HTTP_PORT", "82"));
        assertThat(settings.http().port()).isEqualTo(82);
        assertThat(settings.http().host()).isEqualTo("a.example");
    }

    @Test
    void the_option_is_stronger_than_the_environments_file() throws IOException {
        Path named = file("option.conf", "asyncjob.http.port = 81");
        Path other = file("environment.conf", "asyncjob.http.port = 82");
        Settings settings = SettingsReader.load(Map.of("ASYNCJOB_CONFIG", other.toString()), named);
        assertThat(settings.http().port()).isEqualTo(81);
    }

    @ParameterizedTest
    @CsvSource({"'s3cret', s3cret", "'s3cret\n', s3cret", "'s3cret\r\n', s3cret", "'s3cret\n\n', 's3cret\n'"})
    void a_value_comes_from_a_file_without_one_line_end(String content, String value) throws IOException {
        Path secret = file("secret", content);
        assertThat(load(Map.of("ASYNCJOB_DB_PASSWORD_FILE", secret.toString()))
                        .db()
                        .credentials()
                        .get()
                        .password())
                .isEqualTo(value);
        Path config = file("a.conf", "asyncjob.db.password-file = \"%s\"".formatted(secret));
        assertThat(SettingsReader.load(Map.of(), config)
                        .db()
                        .credentials()
                        .get()
                        .password())
                .isEqualTo(value);
    }

    @Test
    void credentials_of_the_database_are_read_again_from_their_files() throws IOException {
        Path password = file("password", "one\n");
        Path url = file("url", "jdbc:postgresql://db/jobs?user=first");
        Path config = file("a.conf", "asyncjob.db.user = first, asyncjob.db.password = one");
        List<DatabaseSettings> read = List.of(
                load(Map.of("ASYNCJOB_DB_URL_FILE", url.toString(), "ASYNCJOB_DB_PASSWORD_FILE", password.toString()))
                        .db(),
                SettingsReader.load(Map.of(), config).db());
        assertThat(read)
                .extracting(DatabaseSettings::presentCredentials)
                .containsOnly(new DatabaseCredentials("first", "one"));

        file("password", "two\n");
        file("url", "jdbc:postgresql://db/jobs?user=second");
        file("a.conf", "asyncjob.db.user = second, asyncjob.db.password = two");

        assertThat(read)
                .extracting(db -> db.credentials().get())
                .containsOnly(new DatabaseCredentials("second", "two"));
    }

    @Test
    void credentials_for_introspection_are_read_again_from_their_files() throws IOException {
        Path secret = file("secret", "one\n");
        Path config = file(
                "a.conf",
                "asyncjob.auth { introspection-url = \"https://id.example/ask\", introspection-client-id = first,"
                        + " introspection-client-secret = one }");
        List<IdentitySettings.Endpoint> read = Stream.of(
                        load(Map.of(
                                "ASYNCJOB_AUTH_INTROSPECTION_URL", "https://id.example/ask",
                                "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID", "first",
                                "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET_FILE", secret.toString())),
                        SettingsReader.load(Map.of(), config))
                .map(settings -> Objects.requireNonNull(settings.identity().introspection()))
                .toList();
        assertThat(read)
                .extracting(endpoint -> endpoint.credentials().get())
                .containsOnly(new IdentitySettings.Credentials("first", "one"));

        file("secret", "two\n");
        Files.writeString(config, Files.readString(config).replace("= one", "= two"));

        assertThat(read)
                .extracting(endpoint -> endpoint.credentials().get())
                .containsOnly(new IdentitySettings.Credentials("first", "two"));

        Files.delete(secret);
        assertThatIllegalStateException()
                .isThrownBy(() -> read.get(0).credentials().get())
                .withMessageContaining("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET_FILE");
        file("secret", "");
        assertThatIllegalStateException()
                .isThrownBy(() -> read.get(0).credentials().get())
                .withMessage("a setting is missing");
    }

    @Test
    void files_of_settings_that_every_user_can_change_are_warned_of() throws IOException {
        Path secret = file("secret", "one\n");
        Path config = file("a.conf", "asyncjob.db.user = first");
        Map<String, String> environment = Map.of("ASYNCJOB_DB_PASSWORD_FILE", secret.toString());
        try (Warnings warnings = new Warnings(SettingSources.class)) {
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
            SettingsReader.load(environment, config);
            assertThat(warnings.lines()).isEmpty();
            Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-rw-rw-"));
            Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-----w-"));
            DatabaseSettings db = SettingsReader.load(environment, config).db();
            List<String> both = List.of(
                    config + ": every user of this machine can change the file",
                    secret + ": every user of this machine can change the file");
            assertThat(warnings.lines()).isEqualTo(both);
            assertThat(db.credentials().get().password()).isEqualTo("one");
            assertThat(warnings.lines()).as("once").isEqualTo(both);
        }
    }

    @Test
    void credentials_whose_file_is_unreadable_for_a_moment_are_not_replaced_by_none() throws IOException {
        Path password = file("password", "one\n");
        DatabaseSettings db =
                load(Map.of("ASYNCJOB_DB_PASSWORD_FILE", password.toString())).db();

        Files.delete(password);

        assertThatIllegalStateException()
                .isThrownBy(() -> db.credentials().get())
                .withMessageContaining("ASYNCJOB_DB_PASSWORD_FILE");
    }

    @Test
    void a_key_that_ends_in_file_is_itself_and_can_come_from_a_file_too() throws IOException {
        Path pointer = file("pointer", "clients.json\n");
        assertThat(load(Map.of("ASYNCJOB_AUTH_CLIENTS_FILE", "a.json")).clientsFile())
                .isEqualTo(Path.of("a.json"));
        assertThat(load(Map.of("ASYNCJOB_AUTH_CLIENTS_FILE_FILE", pointer.toString()))
                        .clientsFile())
                .isEqualTo(Path.of("clients.json"));
    }

    @Test
    void no_name_has_two_meanings() {
        List<String> names = Arrays.stream(SettingKey.values())
                .flatMap(key -> List.of(key.environmentName(), key.environmentName() + "_FILE").stream())
                .toList();
        assertThat(names).doesNotHaveDuplicates();
    }

    @Test
    void names_that_others_own_are_left_alone() {
        Map<String, String> environment = new HashMap<>();
        environment.put("ASYNCJOB_URL", "http://localhost:8080");
        environment.put("ASYNCJOB_TOKEN", "t");
        environment.put("ASYNCJOB_API_KEY", "k");
        environment.put("ASYNCJOB_SERVICE_HOST", "10.0.0.1");
        environment.put("ASYNCJOB_SERVICE_PORT", "8080");
        environment.put("ASYNCJOB_SERVICE_PORT_HTTP", "8080");
        environment.put("ASYNCJOB_PORT", "tcp://10.0.0.1:8080");
        environment.put("ASYNCJOB_PORT_8080_TCP", "tcp://10.0.0.1:8080");
        environment.put("ASYNCJOB_PORT_8080_TCP_ADDR", "10.0.0.1");
        for (String service : List.of("MANAGEMENT", "HTTP", "DB", "METRICS", "A_B_1")) {
            String prefix = "ASYNCJOB_" + service;
            environment.put(prefix + "_SERVICE_HOST", "10.0.0.1");
            environment.put(prefix + "_SERVICE_PORT", "9090");
            environment.put(prefix + "_SERVICE_PORT_HTTP_METRICS", "9090");
            environment.put(prefix + "_PORT", "udp://10.0.0.1:9090");
            environment.put(prefix + "_PORT_9090_SCTP", "sctp://10.0.0.1:9090");
            environment.put(prefix + "_PORT_9090_TCP_PORT", "9090");
            environment.put(prefix + "_PORT_9090_TCP_PORT_START", "9090");
        }
        environment.put("ASYNCJOB_NAME", "/web/asyncjob");
        environment.put("ASYNCJOB_DB_NAME", "/web/asyncjob-db");
        environment.put("ASYNCJOB_ENV_PATH", "/bin\n/usr/bin");
        environment.put("ASYNCJOB_DB_1_ENV_POSTGRES_PASSWORD", "x");
        environment.put("HTTP_PORT", "x");
        environment.put("ASYNCJOBS_HTTP_PORT", "x");
        assertThat(load(environment)).isEqualTo(load(Map.of()));
    }

    @Test
    void nothing_set_and_empty_text_are_the_same_for_a_key_without_default() {
        assertThat(load(Map.of("ASYNCJOB_DB_USER", "", "ASYNCJOB_AUTH_CLIENTS_FILE", "", "ASYNCJOB_AUTH_JWKS_URL", "")))
                .isEqualTo(load(Map.of()));
    }

    private static Settings load(Map<String, String> environment) {
        return SettingsReader.load(environment, null);
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }
}
