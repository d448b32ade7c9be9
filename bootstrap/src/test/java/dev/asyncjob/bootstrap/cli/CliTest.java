package dev.asyncjob.bootstrap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.identity.Authenticators;
import dev.asyncjob.identity.IdentitySettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00.5Z"), ZoneOffset.UTC);

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final List<String> started = new ArrayList<>();

    private record Result(int exitCode, String out, String err) {}

    @Test
    void adding_a_client_prints_its_secrets_and_nothing_else() {
        Result result = client("add clinic-a --scopes composition:read,job:work");
        assertThat(result.out()).matches("api-key: ajk_\\w{49}\ntoken: ajt_\\w{49}\n");
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void printed_secrets_open_the_door_and_the_file_does_not_hold_them() throws IOException {
        Result result = client("add clinic-a --scopes composition:read");
        assertThat(verdict(result)).isInstanceOf(Authenticator.Granted.class);
        assertThat(clientsFile()).content().doesNotContain(secret(result, "token"), secret(result, "api-key"));
    }

    @Test
    void a_name_that_is_taken_is_refused_and_its_secrets_stay_good() throws IOException {
        Result first = client("add clinic-a --scopes composition:read");
        Result second = client("add clinic-a --scopes job:admin");
        assertThat(second)
                .isEqualTo(new Result(1, "", "asyncjob: client clinic-a exists; 'client roll' gives it new secrets\n"));
        assertThat(verdict(first)).isInstanceOf(Authenticator.Granted.class);
    }

    @Test
    void rolling_gives_new_secrets_and_voids_the_old() throws IOException {
        Result old = client("add clinic-a --scopes composition:read");
        Result rolled = client("roll clinic-a");
        assertThat(rolled.out()).matches("api-key: ajk_\\w{49}\ntoken: ajt_\\w{49}\n");
        assertThat(verdict(rolled)).isInstanceOf(Authenticator.Granted.class);
        assertThat(verdict(old)).isInstanceOf(Authenticator.InvalidToken.class);
    }

    @Test
    void rolling_can_keep_the_old_secrets_for_a_while() throws IOException {
        Result old = client("add clinic-a --scopes composition:read --expires 90d");
        Result rolled = client("roll clinic-a --keep-old 7d --expires never");
        assertThat(verdict(rolled)).isInstanceOf(Authenticator.Granted.class);
        assertThat(verdict(old)).isInstanceOf(Authenticator.Granted.class);
        assertThat(verdict(old, Duration.ofDays(7).minusSeconds(1))).isInstanceOf(Authenticator.Granted.class);
        assertThat(verdict(old, Duration.ofDays(7))).isInstanceOf(Authenticator.InvalidToken.class);
        assertThat(verdict(rolled, Duration.ofDays(3650))).isInstanceOf(Authenticator.Granted.class);
    }

    @Test
    void keeping_old_secrets_does_not_make_them_live_longer() throws IOException {
        Result old = client("add clinic-a --scopes composition:read --expires 3d");
        Result rolled = client("roll clinic-a --keep-old 7d --expires 30d");
        assertThat(verdict(old, Duration.ofDays(3).minusSeconds(1))).isInstanceOf(Authenticator.Granted.class);
        assertThat(verdict(old, Duration.ofDays(3))).isInstanceOf(Authenticator.InvalidToken.class);
        assertThat(verdict(rolled, Duration.ofDays(30))).isInstanceOf(Authenticator.InvalidToken.class);
    }

    @Test
    void a_client_whose_tokens_come_from_a_provider_gets_an_api_key_only() throws IOException {
        Result added = client("add clinic-a --scopes composition:read --no-token");
        assertThat(added.out()).matches("api-key: ajk_\\w{49}\n");
        Result rolled = client("roll clinic-a --keep-old 7d");
        assertThat(rolled.out()).matches("api-key: ajk_\\w{49}\n");
        String kept = Files.readString(clientsFile()).replaceAll("\\s", "");
        String secret = "\\{\"createdAt\":\"[^\"]+\",(\"expiresAt\":\"[^\"]+\",)?\"sha256\":\"[0-9a-f]{64}\"}";
        assertThat(kept)
                .matches(
                        "\\{\"clients\":\\{\"clinic-a\":\\{\"api-keys\":\\[%s,%s],\"scopes\":\\[\"composition:read\"],\"tokens\":\\[]}}}"
                                .formatted(secret, secret));
    }

    @Test
    void a_revoked_client_is_gone() throws IOException {
        Result added = client("add clinic-a --scopes composition:read");
        client("add clinic-b --scopes composition:read");
        assertThat(client("revoke clinic-a")).isEqualTo(new Result(0, "", ""));
        assertThat(verdict(added)).isInstanceOf(Authenticator.InvalidToken.class);
        assertThat(client("list").out()).isEqualTo("""
                        clinic-b composition:read 2026-11-23T12:00:00Z
                          api-key 2026-11-23T12:00:00Z expires 2027-11-23T12:00:00Z, last use unknown
                          token 2026-11-23T12:00:00Z expires 2027-11-23T12:00:00Z, last use unknown
                        """);
    }

    @Test
    void secrets_end_after_a_year_unless_told_otherwise() throws IOException {
        Result added = client("add clinic-a --scopes composition:read");
        Result rolled = client("roll clinic-a --keep-old 3650d");
        for (Result result : List.of(added, rolled)) {
            assertThat(verdict(result, Duration.ofDays(365).minusSeconds(1))).isInstanceOf(Authenticator.Granted.class);
            assertThat(verdict(result, Duration.ofDays(365))).isInstanceOf(Authenticator.InvalidToken.class);
        }
        Result endless = client("add clinic-b --scopes composition:read --expires never");
        assertThat(verdict(endless, Duration.ofDays(36500))).isInstanceOf(Authenticator.Granted.class);
        client("add clinic-c --scopes composition:read --no-token --expires 30d");
        assertThat(client("list").out())
                .contains("  token 2026-11-23T12:00:00Z expires never, last use unknown\n")
                .contains("  api-key 2026-11-23T12:00:00Z expires 2026-12-23T12:00:00Z (soon), last use unknown\n");
    }

    @Test
    void the_list_shows_when_a_secret_was_last_accepted() throws Exception {
        Result added = client("add clinic-a --scopes composition:read");
        Authenticator server = Authenticators.ofClientsFile(clientsFile(), IdentitySettings.none(), NOON);
        server.authenticate(secret(added, "token"), secret(added, "api-key"));
        ((AutoCloseable) server).close();
        assertThat(client("list").out()).containsPattern("  api-key .*, last use 2026-11-23T12:00:00Z\n");
    }

    @Test
    void a_file_that_others_may_change_stops_the_start_and_is_not_changed() throws IOException {
        client("add clinic-a --scopes composition:read");
        Files.setPosixFilePermissions(clientsFile(), PosixFilePermissions.fromString("rw-rw-rw-"));
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        String refusal =
                "asyncjob: " + clientsFile() + ": other users may change it (mode 666); 'chmod o-w' prevents that\n";
        assertThat(run("serve")).isEqualTo(new Result(1, "", refusal));
        assertThat(client("add clinic-b --scopes composition:read")).isEqualTo(new Result(1, "", refusal));
        assertThat(started).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"revoke clinic-x", "roll clinic-x"})
    void a_client_that_does_not_exist_is_an_error(String command) {
        client("add clinic-a --scopes composition:read");
        assertThat(client(command)).isEqualTo(new Result(1, "", "asyncjob: there is no client clinic-x\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"revoke clinic-x", "roll clinic-x", "list"})
    void only_adding_makes_the_file(String command) {
        assertThat(client(command).err())
                .isEqualTo("asyncjob: %s: no such file; 'client add NAME --scopes a,b' makes it\n"
                        .formatted(clientsFile()));
        assertThat(clientsFile()).doesNotExist();
    }

    @Test
    void the_setting_names_the_file_when_no_option_does() {
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        assertThat(run("client", "add", "a", "--scopes", "job:work").exitCode()).isZero();
        assertThat(clientsFile()).exists();
    }

    @Test
    void a_folder_that_does_not_exist_is_not_made() {
        Result result = run("client", "add", "a", "--scopes=job:work", "--file", folder + "/nowhere/clients.json");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).endsWith(": no such file or folder\n").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({
        "client add a --scopes composition:raed --file x, --scopes: no such scope; known are composition:cancel",
        "client add a --scopes '' --file x, --scopes: no such scope",
        "client add zoë --scopes job:work --file x, NAME: owner must be of visible ASCII characters",
        "client add --scopes job:work --file x, Missing required parameter: 'NAME'",
        "client add a --file x, Missing required option: '--scopes=SCOPE'",
        "client add a --scopes job:work --expires 90 --file x, --expires: must be a duration with its unit",
        "client add a --scopes job:work --expires 0s --file x, --expires: must be PT1S to PT87600H",
        "client roll a --keep-old PT-1S --file x, --keep-old: must be PT1S to PT87600H",
        "client list, no clients file is named: set --file or ASYNCJOB_AUTH_CLIENTS_FILE",
        "client, Missing required subcommand",
        "'', Missing required subcommand",
        "srve, Unmatched argument at index 0: 'srve'; did you mean serve?",
        "serve --confg=x, Unknown option: '--confg=x'; did you mean --config?",
        "serve x, Unmatched argument at index 1: 'x'",
        "serve, 'ASYNCJOB_AUTH_CLIENTS_FILE: must be set: the server accepts no requests without credentials; '",
        "migrate --config nowhere.conf, nowhere.conf: this configuration file cannot be read",
    })
    void misuse_is_one_line_on_standard_error_and_exit_code_2(String line, String message) {
        Result result =
                run(line.isEmpty() ? new String[0] : line.replace("''", "").split(" ", -1));
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("asyncjob: " + message).hasLineCount(1);
    }

    @Test
    void each_wrong_setting_has_its_line() {
        environment.put("ASYNCJOB_HTTP_PORT", "http");
        environment.put("ASYNCJOB_HTTP_PRT", "1");
        assertThat(run("sandbox")).isEqualTo(new Result(2, "", """
                        asyncjob: ASYNCJOB_HTTP_PRT: no such setting; the nearest is ASYNCJOB_HTTP_PORT
                        asyncjob: ASYNCJOB_HTTP_PORT: must be a whole number, 0 to 65535
                        """));
    }

    @Test
    void a_server_without_clients_does_not_start() throws IOException {
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        assertThat(run("serve"))
                .isEqualTo(new Result(1, "", "asyncjob: %s: no such file or folder\n".formatted(clientsFile())));
        Files.writeString(clientsFile(), "{\"clients\":{}}");
        assertThat(run("serve").err())
                .startsWith("asyncjob: %s: the file has no clients; 'client add".formatted(clientsFile()));
        assertThat(started).isEmpty();
    }

    @Test
    void a_server_does_not_start_with_a_file_of_keys_that_has_none() {
        client("add a --scopes job:work");
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        environment.put("ASYNCJOB_AUTH_JWKS_FILE", clientsFile().toString());
        environment.put("ASYNCJOB_AUTH_ISSUER", "https://id.example");
        environment.put("ASYNCJOB_AUTH_AUDIENCE", "asyncjob");
        assertThat(run("serve"))
                .isEqualTo(
                        new Result(1, "", "asyncjob: %s: not a key set: no list of keys\n".formatted(clientsFile())));
        assertThat(started).isEmpty();
    }

    @Test
    void the_application_is_started_with_its_settings() {
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        environment.put("ASYNCJOB_HTTP_PORT", "81");
        client("add a --scopes job:work");
        assertThat(Arrays.asList(run("serve"), run("sandbox"), run("migrate"))).containsOnly(new Result(0, "", ""));
        assertThat(started).containsExactly("serve 81", "sandbox 81", "migrate 81");
    }

    @Test
    void what_the_application_throws_is_told_in_one_line() {
        environment.put("ASYNCJOB_DB_USER", "breaks");
        assertThat(run("migrate")).isEqualTo(new Result(1, "", "asyncjob: two lines\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "serve --help", "client --help", "client add -h"})
    void help_goes_to_standard_output(String line) {
        Result result = run(line.split(" ", -1));
        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).startsWith("Usage: asyncjob ");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void the_version_names_java_too() {
        assertThat(run("--version").out()).startsWith("asyncjob ").contains("(Java " + Runtime.version());
    }

    @Test
    void a_status_of_a_newer_server_is_printed_as_it_is_and_is_no_end() throws IOException {
        String id = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
        String extras = "\"progress\":12.50,\"message\":\"page\\u0007 3\",\"result\":{\"a\":1},\"code\":\"E-1\"";
        byte[] job = "\uFEFF{\"data\":{\"id\":\"%s\",\"eta\":\"soon\",\"status\":\"ON\\u0007HOLD\",%s}}"
                .formatted(id, extras)
                .getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, job.length);
                exchange.getResponseBody().write(job);
            }
        });
        server.start();
        environment.put(
                "ASYNCJOB_URL", "http://127.0.0.1:" + server.getAddress().getPort());
        environment.put("ASYNCJOB_TOKEN", "t");
        environment.put("ASYNCJOB_API_KEY", "k");
        try {
            assertThat(run("status", id)).isEqualTo(new Result(1, """
                            id: %s
                            status: ON?HOLD
                            expected: unknown
                            progress: 12.5 %%
                            message: page? 3
                            result: {"a":1}
                            code: E-1
                            """.formatted(id), ""));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void the_status_of_several_jobs_is_a_line_for_each_and_the_highest_exit_code() throws IOException {
        String one = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
        String two = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c60";
        Map<String, String> statuses = new HashMap<>(Map.of(one, "\"DONE\"", two, "\"PENDING\""));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                byte[] answer = statuses.entrySet().stream()
                        .filter(job -> asked.contains(job.getKey()))
                        .map(job -> "{\"id\":\"%s\",\"status\":%s}".formatted(job.getKey(), job.getValue()))
                        .collect(Collectors.joining(",", "{\"data\":[", "]}"))
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        environment.put(
                "ASYNCJOB_URL", "http://127.0.0.1:" + server.getAddress().getPort());
        environment.put("ASYNCJOB_TOKEN", "t");
        environment.put("ASYNCJOB_API_KEY", "k");
        try {
            assertThat(run("status", one, two, one))
                    .isEqualTo(new Result(1, "%s DONE\n%s PENDING\n%1$s DONE\n".formatted(one, two), ""));
            statuses.put(two, "\"FAILED\"");
            assertThat(run("status", two, one))
                    .isEqualTo(new Result(2, "%s FAILED\n%s DONE\n".formatted(two, one), ""));
            assertThat(run("status", one, one)).isEqualTo(new Result(0, "%s DONE\n%1$s DONE\n".formatted(one), ""));
            statuses.put(one, "404");
            assertThat(run("status", two.toUpperCase(Locale.ROOT), one, "x\u0007"))
                    .isEqualTo(new Result(3, "%s FAILED\n%s not found\nx? not found\n".formatted(two, one), ""));
            assertThat(run("status", "x", "y")).isEqualTo(new Result(3, "x not found\ny not found\n", ""));
        } finally {
            server.stop(0);
        }
        assertThat(run("status").exitCode()).isEqualTo(2);
        assertThat(run("status").err()).contains("Missing required parameter");
    }

    private void configure(String... settings) throws IOException {
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clientsFile().toString());
        environment.put("ASYNCJOB_DB_URL", "jdbc:h2:" + folder.resolve("jobs"));
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
    }

    @Test
    void the_doctor_says_what_to_do_and_its_exit_code_how_bad_it_is() throws IOException {
        configure("ASYNCJOB_MANAGEMENT_PORT", "1");
        Result without = run("doctor");
        assertThat(without.out()).contains("fault    clients file").contains("ok       database");
        assertThat(without.exitCode()).isEqualTo(2);

        client("add clinic-a --scopes composition:read");
        Result good = run("doctor");
        assertThat(good.out().lines()).allMatch(line -> line.startsWith("ok "));
        assertThat(good.exitCode()).isZero();

        client("add clinic-b --scopes composition:read --expires 29d");
        Result expiring = run("doctor");
        assertThat(expiring.out()).contains("warning  clients file   2 secrets end within 30 days");
        assertThat(expiring.exitCode()).isEqualTo(1);
    }

    @Test
    void the_doctor_says_which_settings_are_wrong() throws IOException {
        configure("ASYNCJOB_HTTP_PORT", "s3cret", "ASYNCJOB_DB_POOL_SIZE", "0");
        Result result = run("doctor");
        assertThat(result.out())
                .contains("fault    settings       ASYNCJOB_HTTP_PORT", "ASYNCJOB_DB_POOL_SIZE")
                .doesNotContain("s3cret");
        assertThat(result.exitCode()).isEqualTo(2);
    }

    @Test
    void the_doctor_asks_the_provider() throws IOException {
        HttpServer provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.createContext("/token", exchange -> {
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            boolean known = authorization.equals("Basic YTpwMQ==");
            byte[] body = "{\"active\":false}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 401, known ? body.length : -1);
            exchange.getResponseBody().write(known ? body : new byte[0]);
            exchange.close();
        });
        provider.createContext("/keys", exchange -> {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        provider.start();
        try {
            String url = "http://127.0.0.1:" + provider.getAddress().getPort();
            configure(
                    "ASYNCJOB_AUTH_JWKS_URL", url + "/keys",
                    "ASYNCJOB_AUTH_ISSUER", "https://id.example",
                    "ASYNCJOB_AUTH_AUDIENCE", "asyncjob",
                    "ASYNCJOB_AUTH_INTROSPECTION_URL", url + "/token",
                    "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID", "a",
                    "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET", "p1");
            client("add clinic-a --scopes composition:read");

            assertThat(run("doctor").out())
                    .contains("fault    provider keys  status 503")
                    .contains("ok       provider introspection");

            environment.put("ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET", "p2");
            assertThat(run("doctor").out()).contains("fault    provider introspection the response 401");
        } finally {
            provider.stop(0);
        }
    }

    @Test
    void the_bundle_of_the_doctor_holds_no_secret_and_only_its_owner_reads_it() throws IOException {
        configure(
                "ASYNCJOB_DB_USER", "n0t-shown",
                "ASYNCJOB_DB_PASSWORD", "s3cret-1",
                "ASYNCJOB_SANDBOX_TOKEN", "s3cret-2",
                "ASYNCJOB_DB_FINGERPRINT_KEY", "s3cret-345678901234567890123456789012345",
                "ASYNCJOB_MANAGEMENT_PORT", "1",
                "ASYNCJOB_WORK_MAX_ATTEMPTS", "7");
        Result secrets = client("add clinic-a --scopes composition:read");
        Path bundle = folder.resolve("bundle.zip");

        assertThat(run("doctor", "--bundle", bundle.toString()).out()).endsWith("wrote " + bundle + "\n");

        Map<String, String> files = new HashMap<>();
        try (ZipFile zip = new ZipFile(bundle.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                files.put(
                        entry.getName(), new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertThat(files).containsOnlyKeys("findings.txt", "settings.txt", "process.txt", "metrics.txt");
        assertThat(files.get("settings.txt"))
                .contains("work.max-attempts = 7\n", "db.password is set\n", "db.url is set");
        assertThat(files.get("findings.txt")).contains("ok       clients file");
        assertThat(files.get("process.txt")).contains("made at 2026-11-23T12:00:00.5");
        assertThat(files.get("metrics.txt")).contains("no server answers");
        assertThat(files.toString())
                .doesNotContain("s3cret", "n0t-shown", secret(secrets, "token"), secret(secrets, "api-key"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bundle)))
                .isEqualTo("rw-------");

        Result again = run("doctor", "--bundle", bundle.toString());
        assertThat(again.err()).isEqualTo("asyncjob: " + bundle + ": the file exists\n");
        assertThat(again.exitCode()).isEqualTo(1);
    }

    private Result client(String command) {
        List<String> arguments = new ArrayList<>(List.of("client"));
        arguments.addAll(List.of(command.split(" ", -1)));
        arguments.addAll(List.of("--file", clientsFile().toString()));
        return run(arguments.toArray(String[]::new));
    }

    private Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Cli.run(
                List.of(arguments), environment, NOON, new Recording(), new PrintWriter(out), new PrintWriter(err));
        return new Result(exitCode, out.toString(), err.toString());
    }

    private Authenticator.Verdict verdict(Result printed) throws IOException {
        return verdict(printed, Duration.ZERO);
    }

    private Authenticator.Verdict verdict(Result printed, Duration later) throws IOException {
        Clock then = Clock.fixed(NOON.instant().truncatedTo(ChronoUnit.SECONDS).plus(later), ZoneOffset.UTC);
        return Authenticators.ofClientsFile(clientsFile(), IdentitySettings.none(), then)
                .authenticate(secret(printed, "token"), secret(printed, "api-key"));
    }

    private static String secret(Result printed, String name) {
        return printed.out()
                .lines()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElseThrow();
    }

    private Path clientsFile() {
        return folder.resolve("clients.json");
    }

    private final class Recording implements ServerCommands {
        @Override
        public void serve(Settings settings, Authenticator authenticator) {
            started.add("serve " + settings.http().port());
        }

        @Override
        public void sandbox(Settings settings) {
            started.add("sandbox " + settings.http().port());
        }

        @Override
        public void migrate(Settings settings) {
            if ("breaks".equals(settings.db().presentCredentials().user())) {
                throw new IllegalStateException("two\nlines");
            }
            started.add("migrate " + settings.http().port());
        }
    }
}
