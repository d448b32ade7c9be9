package dev.asyncjob.bootstrap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import dev.asyncjob.bootstrap.Warnings;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.RegisteredCallbacks;
import dev.asyncjob.identity.internal.file.FileModes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallbackCommandTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00.5Z"), ZoneOffset.UTC);
    private static final Owner A = new Owner("clinic-a");

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void name_the_file() {
        environment.put("ASYNCJOB_CALLBACKS_FILE", file().toString());
    }

    @Test
    void adding_an_endpoint_prints_its_secret_and_nothing_else() throws IOException {
        Result result = callback("add clinic-a https://clinic-a.example/ended --kinds report,x-ray");
        assertThat(result.out()).matches("secret: whsec_[A-Za-z0-9+/]{43}=\n");
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        assertThat(endpoint(NOON)).hasValueSatisfying(endpoint -> {
            assertThat(endpoint.url()).hasToString("https://clinic-a.example/ended");
            assertThat(endpoint.kinds()).containsExactlyInAnyOrder(new JobKind("report"), new JobKind("x-ray"));
            assertThat(endpoint.secrets()).containsExactly(secret(result));
        });
    }

    @Test
    void a_file_that_others_can_read_gives_a_warning() throws IOException {
        try (Warnings warnings = new Warnings(FileModes.class)) {
            callback("add clinic-a https://clinic-a.example/ended");
            assertThat(warnings.lines()).isEmpty();
            Files.setAttribute(file(), "unix:mode", 0644);
            callback("add clinic-b https://clinic-b.example/ended");
            callback("roll clinic-a");
            String warning = file() + ": other users can read the secrets in it (mode 644); 'chmod o-r' prevents that";
            assertThat(warnings.lines()).containsExactly(warning, warning);
        }
    }

    @Test
    void a_second_endpoint_is_refused_until_the_first_is_removed() {
        callback("add clinic-a https://clinic-a.example/ended");
        assertThat(callback("add clinic-a https://clinic-a.example/other"))
                .isEqualTo(new Result(
                        1, "", "asyncjob: client clinic-a has an endpoint; 'client callback remove' removes it\n"));
        assertThat(callback("remove clinic-a")).isEqualTo(new Result(0, "", ""));
        assertThat(callback("remove clinic-a"))
                .isEqualTo(new Result(1, "", "asyncjob: client clinic-a has no endpoint\n"));
        assertThat(callback("add clinic-a https://clinic-a.example/other").exitCode())
                .isZero();
    }

    @Test
    void a_list_shows_everything_but_secrets() throws IOException {
        callback("add clinic-b https://clinic-b.example/");
        callback("add clinic-a https://clinic-a.example/ended --kinds report,x-ray");
        RegisteredCallbacks server = new RegisteredCallbacks(file(), NOON);
        server.disable(A, server.of(A).orElseThrow());
        assertThat(callback("list")).isEqualTo(new Result(0, """
                        clinic-a https://clinic-a.example/ended report,x-ray 2026-11-23T12:00:00Z disabled 2026-11-23T12:00:00Z
                        clinic-b https://clinic-b.example/ all 2026-11-23T12:00:00Z
                        """, ""));
    }

    @Test
    void rolling_can_keep_the_old_secret_for_a_while() throws IOException {
        Result old = callback("add clinic-a https://clinic-a.example/ended");
        Result rolled = callback("roll clinic-a --keep-old 1h");
        assertThat(rolled.out()).matches("secret: whsec_[A-Za-z0-9+/]{43}=\n");
        assertThat(endpoint(NOON).orElseThrow().secrets()).containsExactly(secret(rolled), secret(old));
        assertThat(endpoint(Clock.offset(NOON, Duration.ofHours(1)))
                        .orElseThrow()
                        .secrets())
                .containsExactly(secret(rolled));
        Result last = callback("roll clinic-a");
        assertThat(endpoint(NOON).orElseThrow().secrets()).containsExactly(secret(last));
        assertThat(callback("roll clinic-b"))
                .isEqualTo(new Result(1, "", "asyncjob: client clinic-b has no endpoint\n"));
    }

    @Test
    void a_name_that_the_clients_file_does_not_have_gives_a_warning_only() {
        Path clients = folder.resolve("clients.json");
        environment.put("ASYNCJOB_AUTH_CLIENTS_FILE", clients.toString());
        run("client", "add", "clinic-a", "--scopes", "job:schedule");
        assertThat(callback("add clinic-a https://clinic-a.example/").err()).isEmpty();
        Result unknown = callback("add clinic-b https://clinic-b.example/");
        assertThat(unknown.err()).isEqualTo("asyncjob: warning: " + clients + " has no client clinic-b\n");
        assertThat(unknown.out()).startsWith("secret: ");
        assertThat(unknown.exitCode()).isZero();
    }

    @Test
    void a_file_that_is_missing_is_made_by_add_only_and_may_be_named_by_an_option() {
        assertThat(callback("list"))
                .isEqualTo(new Result(
                        1,
                        "",
                        "asyncjob: %s: no such file; 'client callback add NAME URL' makes it\n".formatted(file())));
        environment.clear();
        assertThat(callback("add clinic-a https://clinic-a.example/ --file " + file())
                        .exitCode())
                .isZero();
        assertThat(callback("list --file " + file()).out()).startsWith("clinic-a ");
    }

    @ParameterizedTest
    @CsvSource({
        "add clinic-a http://clinic-a.example/, URL: a URL must be an absolute https URL without user and fragment",
        "add clinic-a/7 https://clinic-a.example/, 'NAME: must be a client, without a user'",
        "add zoë https://clinic-a.example/, NAME: owner must be of visible ASCII characters",
        "add clinic-a https://clinic-a.example/ --kinds Report, --kinds: kind must be of a-z",
        "add clinic-a, Missing required parameter: 'URL'",
        "roll clinic-a --keep-old 0s, --keep-old: must be PT1S to PT87600H",
    })
    void misuse_is_one_line_on_standard_error_and_exit_code_2(String line, String message) {
        callback("add clinic-b https://clinic-b.example/");
        Result result = callback(line);
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("asyncjob: " + message).hasLineCount(1);
    }

    @Test
    void a_file_must_be_named() {
        environment.clear();
        assertThat(callback("list"))
                .isEqualTo(new Result(
                        2, "", "asyncjob: no callbacks file is named: set --file or ASYNCJOB_CALLBACKS_FILE\n"));
    }

    @Test
    void help_goes_to_standard_output() {
        Result result = callback("add --help");
        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).startsWith("Usage: asyncjob client callback add ");
    }

    private Result callback(String command) {
        return run(("client callback " + command).split(" ", -1));
    }

    private Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = Cli.run(List.of(arguments), environment, NOON, NONE, new PrintWriter(out), new PrintWriter(err));
        return new Result(exitCode, out.toString(), err.toString());
    }

    private Optional<Endpoint> endpoint(Clock clock) throws IOException {
        return new RegisteredCallbacks(file(), clock).of(A);
    }

    private static String secret(Result printed) {
        return printed.out().strip().substring("secret: ".length());
    }

    private Path file() {
        return folder.resolve("callbacks.json");
    }

    private static final ServerCommands NONE = new ServerCommands() {
        @Override
        public void serve(Settings settings, Authenticator authenticator) {
            throw new AssertionError("starts no server");
        }

        @Override
        public void sandbox(Settings settings) {
            throw new AssertionError("starts no server");
        }

        @Override
        public void migrate(Settings settings) {
            throw new AssertionError("starts no server");
        }
    };
}
