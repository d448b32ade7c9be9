package dev.asyncjob.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.TrustedProxy;
import dev.asyncjob.testkit.RecordedLog;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Pages of another module, and the login by a form. */
class PagesApiTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final HttpSettings SETTINGS = HttpSettings.defaults()
            .listeningOn("127.0.0.1", 0)
            .withLimits(HttpLimits.defaults().withFailedLogins(3));

    private final AtomicInteger asked = new AtomicInteger();
    private final FormLogin login = login("127.0.0.0/8");
    private final FormLogin elsewhere = login("10.0.0.0/8", "::1");

    @AutoClose
    private final RecordedLog log = new RecordedLog(Authenticator.SECURITY_LOG);

    @AutoClose
    private final JobServer server = JobServer.start(
            SETTINGS,
            List.of(new PagesApi(
                    Map.of(
                            "/page",
                            ctx -> ctx.html("<p>page"),
                            "/page/{id}",
                            ctx -> ctx.html(ctx.pathParam("id")),
                            "/user",
                            ctx -> user(ctx, login),
                            "/elsewhere",
                            ctx -> user(ctx, elsewhere)),
                    Map.of("/page", this::check),
                    Map.of())),
            request -> {});

    private FormLogin login(String... from) {
        TrustedProxy proxy = new TrustedProxy("X-User", List.of(from), Scope.JOB_ADMIN);
        return new FormLogin(this::verdict, SETTINGS.limits(), List.of(Scope.JOB_READ_ALL), proxy);
    }

    private static void user(Context ctx, FormLogin by) {
        try {
            Optional<Access> user = by.named(ctx);
            user.ifPresent(access -> by.begun(ctx, access.client()));
            ctx.html(user.map(access -> access.client() + " " + access.owner() + " " + access.scopes())
                    .orElse("nobody"));
        } catch (ForbiddenResponse e) {
            ctx.status(e.getStatus());
        }
    }

    private static HttpResponse<String> get(HttpRequest.Builder request) {
        try {
            return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private HttpRequest.Builder named(String path, String... names) {
        return named(server.port(), path, names);
    }

    private static HttpRequest.Builder named(int port, String path, String... names) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("x-request-id", "user-request")
                .header("X-Forwarded-For", "10.0.0.1");
        Stream.of(names).forEach(name -> request.header("X-User", name));
        return request;
    }

    @Test
    void a_trusted_proxy_names_the_user_in_its_header() {
        assertThat(get(named("/user", "alice@clinic.example/x")).body())
                .isEqualTo("alice@clinic.example/x alice@clinic.example/x [JOB_ADMIN]");
        assertThat(line("user-request"))
                .contains("\"event\":\"logged-in\",\"address\":\"127.0.0.1\"")
                .contains("\"client\":\"alice@clinic.example/x\",\"key\":\"proxy\"");
        assertThat(get(named("/user")).body()).isEqualTo("nobody");
    }

    @Test
    void nobody_is_named_from_another_address_whatever_the_request_says_of_its_way() {
        assertThat(get(named("/elsewhere", "alice")).body()).isEqualTo("nobody");
        assertThat(get(named("/elsewhere", "al ice")).statusCode()).isEqualTo(200);
        assertThat(line("user-request")).isEmpty();
    }

    @Test
    void the_address_is_that_of_the_connection_also_where_the_host_believes_a_header() {
        FormLogin near = login("127.0.0.1");
        FormLogin far = login("10.0.0.1");
        Javalin host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.jetty.modifyHttpConfiguration(http -> http.addCustomizer(new ForwardedRequestCustomizer()));
            config.registerPlugin(new PagesApi(
                    Map.of("/near", ctx -> user(ctx, near), "/far", ctx -> user(ctx, far)), Map.of(), Map.of()));
        });
        host.start("127.0.0.1", 0);
        try {
            assertThat(get(named(host.port(), "/near", "alice")).body()).startsWith("alice ");
            assertThat(get(named(host.port(), "/far", "alice")).body()).isEqualTo("nobody");
        } finally {
            host.stop();
        }
    }

    @Test
    void a_name_that_no_owner_can_have_is_refused_and_logged() {
        List<HttpRequest.Builder> refused = List.of(
                named("/user", "al ice"),
                named("/user", ""),
                named("/user", "a".repeat(129)),
                named("/user", "alice", "alice"),
                named("/user", "alice, bob"));
        for (HttpRequest.Builder request : refused) {
            assertThat(get(request).statusCode()).isEqualTo(403);
        }
        assertThat(log.lines())
                .filteredOn(line -> line.contains("\"reason\":\"invalid-user\"")) // other servers may log as well
                .singleElement()
                .asString()
                .contains("\"event\":\"refused\"", "\"status\":403,\"reason\":\"invalid-user\",\"count\":1");
    }

    private void check(Context ctx) {
        try {
            Access access = login.check(ctx, String.valueOf(ctx.formParam("token")), "key");
            login.ended(ctx, access.client());
            ctx.html(access.client().value());
        } catch (HttpResponseException e) {
            ctx.status(e.getStatus());
        }
    }

    private Authenticator.Verdict verdict(String token, String apiKey) {
        return switch (token) {
            case "good" -> new Authenticator.Granted(access(Scope.JOB_READ_ALL), "api-key 2026");
            case "narrow" -> new Authenticator.Granted(access(Scope.JOB_LIST));
            case "barred" -> new Authenticator.Barred();
            case "undecided" -> new Authenticator.Undecided(Duration.ofSeconds(7));
            case "ask", "fetching" ->
                new Authenticator.AskProvider(new Owner("ops"), token.equals("ask"), () -> {
                    asked.incrementAndGet();
                    throw new AssertionError("asked");
                });
            default -> new Authenticator.InvalidToken(Authenticator.Cause.of("unknown-token"));
        };
    }

    private static Access access(Scope scope) {
        return new Access(new Owner("ops"), Set.of(scope));
    }

    private HttpResponse<String> send(String method, String path, String body) {
        try {
            return CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .header("x-request-id", "form-" + body.replaceAll("[^a-z]|x{9,}", ""))
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private String line(String requestId) {
        return log.lines().stream()
                .filter(line -> line.contains("\"request_id\":\"" + requestId + "\""))
                .findFirst()
                .orElse("");
    }

    @Test
    void pages_and_forms_are_served_as_they_are_and_all_else_as_everywhere() throws IOException {
        HttpResponse<String> page = send("GET", "/page", "");
        assertThat(page.body()).isEqualTo("<p>page");
        assertThat(page.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(send("GET", "/page/a%20b", "").body()).isEqualTo("a b");
        assertThat(send("HEAD", "/page", "").statusCode()).isEqualTo(200);
        assertThat(send("DELETE", "/page", "").statusCode()).isEqualTo(405);
        try (Socket large = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            large.getOutputStream() // a client that is still sending may lose the answer
                    .write("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(statusLine(large)).contains(" 413 ");
        }
        assertThat(send("GET", "/none", "").body()).contains("\"type\":\"not_found\"");
    }

    @Test
    void a_login_is_logged_and_so_is_its_end() {
        assertThat(send("POST", "/page", "token=good").body()).isEqualTo("ops");
        assertThat(log.lines().stream().filter(line -> line.contains("form-tokengood")))
                .hasSize(2)
                .first()
                .asString()
                .startsWith("{\"time\":\"20")
                .contains("\"event\":\"logged-in\",\"address\":\"127.0.0.1\"")
                .endsWith("\"client\":\"ops\",\"key\":\"api-key 2026\"}");
        assertThat(log.lines()).anyMatch(line -> line.contains("\"event\":\"logged-out\"") && line.contains("ops"));
    }

    @Test
    void a_login_that_is_refused_is_logged_with_its_reason() {
        assertThat(send("POST", "/page", "token=narrow").statusCode()).isEqualTo(403);
        assertThat(line("form-tokennarrow")).contains("\"status\":403,\"reason\":\"missing-scope\",\"client\":\"ops\"");
        assertThat(send("POST", "/page", "token=barred").statusCode()).isEqualTo(403);
        assertThat(line("form-tokenbarred")).contains("\"status\":403,\"reason\":\"barred\"");
        HttpResponse<String> undecided = send("POST", "/page", "token=undecided");
        assertThat(undecided.statusCode()).isEqualTo(503);
        assertThat(line("form-tokenundecided")).isEmpty();
    }

    @Test
    void a_token_whose_keys_are_being_fetched_is_no_failed_login() {
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> answer = send("POST", "/page", "token=fetching");
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("2");
        }
        assertThat(line("form-tokenfetching")).isEmpty();
        assertThat(asked).hasValue(0);
    }

    @Test
    void strangers_send_a_limited_number_of_forms_at_once() throws IOException {
        Deque<Socket> senders = new ArrayDeque<>();
        try {
            for (int i = 0; i < PagesApi.MAX_FORMS; i++) {
                senders.add(sender());
                assertThat(statusLine(senders.getLast())).contains(" 100 ");
            }
            try (Socket other = sender()) {
                assertThat(statusLine(other)).contains(" 503 ");
            }
            assertThat(send("GET", "/page", "").statusCode()).isEqualTo(200);
            senders.getFirst().getOutputStream().write("token=good ".getBytes(StandardCharsets.US_ASCII));
            assertThat(senders.getFirst().getInputStream().readNBytes(4)).isNotEmpty();
            HttpResponse<String> free;
            do {
                free = send("POST", "/page", "token=good");
            } while (free.statusCode() == 503);
            assertThat(free.body()).isEqualTo("ops");
        } finally {
            for (Socket sender : senders) {
                sender.close();
            }
        }
    }

    @Test
    void a_form_that_breaks_off_is_no_fault_of_the_server() throws IOException {
        try (Socket sender = sender()) {
            assertThat(statusLine(sender)).contains(" 100 ");
            assertThat(statusLine(sender)).isBlank();
            sender.getOutputStream().write("token".getBytes(StandardCharsets.US_ASCII));
            sender.shutdownOutput();
            assertThat(statusLine(sender)).contains(" 400 ");
        }
    }

    /** Announces a form, and sends nothing of it. */
    private Socket sender() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(15_000);
        String head = String.join(
                "\r\n",
                "POST /page HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: 11",
                "Expect: 100-continue",
                "\r\n");
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String statusLine(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            int next = socket.getInputStream().read();
            assertThat(next).as("closed after " + line).isNotNegative();
            line.append((char) next);
        }
        return line.toString();
    }

    @Test
    void no_provider_is_asked_about_a_token() {
        assertThat(send("POST", "/page", "token=ask").statusCode()).isEqualTo(401);
        assertThat(asked).hasValue(0);
        assertThat(line("form-tokenask")).contains("\"reason\":\"unknown-token\",\"client\":\"ops\"");
    }

    @Test
    void failed_logins_have_a_limit_which_valid_ones_have_not() {
        for (int i = 0; i < 3; i++) {
            assertThat(send("POST", "/page", "token=guess").statusCode()).isEqualTo(401);
        }
        assertThat(send("POST", "/page", "token=guess").statusCode()).isEqualTo(429);
        assertThat(send("POST", "/page", "token=good").statusCode()).isEqualTo(200);
    }
}
