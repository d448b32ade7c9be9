package dev.asyncjob.http.internal.jetty;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.work.OutcomeRoutes;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is too much (contract section 1, the 413, 429, 431 and 503 rows). */
class LimitsTest {
    private static final String BAD_KEY = "api-key: x";
    private static final String TOKEN = "Authorization: Bearer clinic-a";

    private static ApiFixture with(HttpLimits limits) {
        return new ApiFixture(HttpSettings.defaults().withLimits(limits));
    }

    private static int failedLogin(ApiFixture api, String... headers) {
        String[] all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 2, headers.length);
        all[0] = TOKEN;
        all[1] = BAD_KEY;
        return api.bare("GET", PATH + ID, all).status();
    }

    private static void assertContractsError(RawHttp.Answer answer, int status, String type) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).contains("\"error\":{\"type\":\"" + type + "\"");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("x-request-id")).isPresent();
    }

    @Test
    void a_client_over_its_rate_is_429_with_retry_after_and_no_other_client_is() {
        try (ApiFixture api = with(HttpLimits.defaults().withRequestsPerSecond(1))) {
            List<RawHttp.Answer> answers =
                    IntStream.range(0, 30).mapToObj(i -> api.get(PATH + ID)).toList();
            assertThat(answers.subList(0, 10)).allMatch(answer -> answer.status() == 200);
            RawHttp.Answer refused = answers.get(29);
            assertContractsError(refused, 429, "too_many_requests");
            assertThat(refused.header("Retry-After")).contains("1");
            assertThat(refused.header("RateLimit-Policy")).contains("\"requests\";q=10;w=10");
            assertThat(refused.header("RateLimit")).contains("\"requests\";r=0;t=1");
            assertThat(api.requestAs("clinic-w", "GET", PATH + ID).status()).isEqualTo(403);
        }
    }

    /** A read on the short way, one on the long way, and a request that is refused before its body is read. */
    @ParameterizedTest
    @CsvSource({"GET, " + PATH + ID + ", 403", "GET, " + PATH + ID + "?a=b, 403", "POST, /jobs, 403"})
    void requests_of_a_client_without_the_scope_count_too(String method, String target, int status) {
        try (ApiFixture api = with(HttpLimits.defaults().withRequestsPerSecond(1))) {
            List<Integer> statuses = IntStream.range(0, 30)
                    .map(i ->
                            api.sendAs("clinic-w", method, target, new byte[0]).status())
                    .boxed()
                    .toList();
            assertThat(statuses.subList(0, 10)).containsOnly(status);
            assertThat(statuses).contains(429);
        }
    }

    @Test
    void requests_that_accept_no_representation_count_too_and_a_request_with_a_body_counts_once() {
        byte[] body = "{}".getBytes(StandardCharsets.US_ASCII);
        try (ApiFixture api = with(HttpLimits.defaults().withRequestsPerSecond(1))) {
            assertThat(IntStream.range(0, 30)
                            .map(i -> api.get(PATH + ID, "Accept: text/html").status()))
                    .contains(406, 429);
            assertThat(IntStream.range(0, 10)
                            .map(i -> api.sendAs("producer", "POST", "/jobs", body, "Content-Type: application/json")
                                    .status()))
                    .containsOnly(422);
        }
    }

    @Test
    void no_limit_is_no_limit() {
        try (ApiFixture api = with(HttpLimits.defaults().withRequestsPerSecond(0))) {
            assertThat(IntStream.range(0, 50).map(i -> api.get(PATH + ID).status()))
                    .containsOnly(200);
        }
    }

    @Test
    void an_address_with_too_many_failed_logins_is_put_off_but_good_credentials_pass() {
        try (ApiFixture api = with(HttpLimits.defaults().withFailedLogins(5))) {
            assertThat(IntStream.range(0, 5).map(i -> failedLogin(api))).containsOnly(401);
            assertThat(IntStream.range(0, 20).map(i -> failedLogin(api))).contains(429);
            assertContractsError(api.bare("GET", PATH + ID, TOKEN, BAD_KEY), 429, "too_many_requests");
            assertThat(api.get(PATH + ID).status()).isEqualTo(200);
            assertThat(api.bare("GET", PATH + ID).status())
                    .as("no credentials, no guess")
                    .isEqualTo(401);
        }
    }

    @Test
    void whom_a_trusted_proxy_names_is_the_one_who_pays() {
        HttpLimits limits = HttpLimits.defaults().withFailedLogins(5).trusting(List.of("127.0.0.0/8", "10.0.0.0/8"));
        try (ApiFixture api = with(limits)) {
            for (int i = 0; i < 20; i++) {
                failedLogin(api, "X-Forwarded-For: 198.51.100.7");
            }
            assertThat(failedLogin(api, "X-Forwarded-For: 198.51.100.7")).isEqualTo(429);
            assertThat(failedLogin(api, "X-Forwarded-For: 203.0.113.9, 198.51.100.7"))
                    .as("what the client itself wrote before does not count")
                    .isEqualTo(429);
            assertThat(failedLogin(api, "X-Forwarded-For: 198.51.100.7, 10.1.2.3"))
                    .as("one proxy behind another")
                    .isEqualTo(429);
            assertThat(failedLogin(api, "X-Forwarded-For: 198.51.100.8")).isEqualTo(401);
            assertThat(failedLogin(api)).isEqualTo(401);
        }
    }

    @Test
    void whom_anybody_else_names_does_not_count() {
        try (ApiFixture api = with(HttpLimits.defaults().withFailedLogins(5))) {
            List<Integer> statuses = IntStream.range(0, 30)
                    .map(i -> failedLogin(api, "X-Forwarded-For: 198.51.100." + i))
                    .boxed()
                    .toList();
            assertThat(statuses.get(29)).isEqualTo(429);
        }
    }

    @ParameterizedTest
    @CsvSource({"8000, 404", "9000, 414"})
    void a_target_has_a_length(int length, int status) {
        try (ApiFixture api = with(HttpLimits.defaults())) {
            assertThat(api.bare("GET", "/" + "x".repeat(length)).status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({"100, 200", "101, 431", "500, 431"})
    void a_request_has_so_many_headers(int count, int status) {
        try (ApiFixture api = with(HttpLimits.defaults())) {
            String[] headers =
                    IntStream.range(3, count).mapToObj(i -> "X-" + i + ": 1").toArray(String[]::new);
            RawHttp.Answer answer = api.get(PATH + ID, headers);
            assertThat(answer.status()).isEqualTo(status);
            if (status != 200) {
                assertContractsError(answer, 431, "request_too_large");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1000, 200", "2000, 431"})
    void headers_have_a_size(int length, int status) {
        try (ApiFixture api = with(HttpLimits.defaults().withMaxHeader(1_500))) {
            assertThat(api.get(PATH + ID, "X-Long: " + "x".repeat(length)).status())
                    .isEqualTo(status);
        }
    }

    @Test
    void connections_are_counted_by_address_and_one_too_many_is_503() throws IOException {
        List<Socket> open = new ArrayList<>();
        try (ApiFixture api = with(HttpLimits.defaults().withConnections(100, 3))) {
            for (int i = 0; i < 3; i++) {
                open.add(asking(api));
            }
            assertRefused(RawHttp.send(api.port(), ""));
            ask(open.get(0)); // open connections stay open
            open.remove(2).close();
            int status = 0;
            for (int tries = 0; status != 200 && tries < 1_000; tries++) { // the server notices the end with a delay
                status = statusOrZero(api);
            }
            assertThat(status).isEqualTo(200);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void the_longest_idle_connection_makes_room_for_a_new_one() throws IOException {
        try (ApiFixture api = with(HttpLimits.defaults().withConnections(3, 100));
                Socket first = asking(api);
                Socket second = asking(api);
                Socket third = asking(api)) {
            // The server notes the end of a request after its response: that of the first one after so many others.
            for (int i = 0; i < 50; i++) {
                ask(second);
                ask(third);
            }
            try (Socket fourth = asking(api)) {
                assertThat(first.getInputStream().read()).isEqualTo(-1);
                ask(second);
                ask(third);
                ask(fourth);
            }
        }
    }

    private static void assertRefused(RawHttp.Answer refused) {
        assertContractsError(refused, 503, "service_unavailable");
        assertThat(refused.header("Retry-After")).contains("1");
        assertThat(refused.header("Connection")).contains("close");
    }

    private static Socket asking(ApiFixture api) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.port());
        ask(socket);
        return socket;
    }

    private static int statusOrZero(ApiFixture api) {
        try {
            return api.get(PATH + ID).status();
        } catch (UncheckedIOException e) {
            return 0; // refused, and closed before the request was written
        }
    }

    @Test
    void a_trusted_proxy_may_have_more_connections() throws IOException {
        HttpLimits limits = HttpLimits.defaults().withConnections(100, 1).trusting(List.of("127.0.0.1"));
        try (ApiFixture api = with(limits);
                Socket one = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
            ask(one);
            assertThat(api.get(PATH + ID).status()).isEqualTo(200);
        }
    }

    /** A request on a connection that stays open. */
    private static void ask(Socket socket) throws IOException {
        socket.setSoTimeout(5_000);
        socket.getOutputStream()
                .write("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[4_096];
        int length = socket.getInputStream().read(answer);
        assertThat(new String(answer, 0, length, StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 200");
    }

    @Test
    void documents_are_not_for_flooding() {
        try (ApiFixture api = with(HttpLimits.defaults())) {
            List<Integer> statuses = IntStream.range(0, 130)
                    .map(i -> api.bare("HEAD", "/docs").status())
                    .boxed()
                    .toList();
            assertThat(statuses.subList(0, 100)).containsOnly(200);
            assertThat(statuses).contains(429);
            assertThat(api.bare("GET", "/health/live").status()).isEqualTo(200);
        }
    }

    @Test
    void of_a_million_broken_values_only_as_many_are_looked_at_as_are_told() {
        HttpSettings large = HttpSettings.defaults().withMaxBody(HttpSettings.MAX_BODY);
        String zeros = "\"\\u0000\",".repeat(1_500_000);
        byte[] one = ("{\"kind\":\"k\",\"payload\":[" + zeros + "1]}").getBytes(StandardCharsets.US_ASCII);
        byte[] many = ("[" + zeros + "1]").getBytes(StandardCharsets.US_ASCII);
        try (ApiFixture api = new ApiFixture(large)) {
            RawHttp.Answer scheduled = api.send("POST", "/jobs", one, "Content-Type: application/json");
            assertThat(scheduled.status()).isEqualTo(422);
            assertThat(scheduled.text().split("U\\+0000", -1)).hasSize(ApiError.MAX_INVALID + 1);
            assertThat(api.send("POST", "/jobs/outcomes", many, "Content-Type: application/json")
                            .status())
                    .isEqualTo(422);
        }
    }

    @Test
    void every_entry_of_a_list_is_judged_by_itself_however_broken_those_before_are() {
        String broken = "{\"x\":[" + "\"\\u0000\",".repeat(300) + "1]}";
        String entries = "[" + (broken + ",").repeat(OutcomeRoutes.MAX_REPORTS - 1) + "{\"id\":\"\\u0000\"}]";
        HttpSettings large = HttpSettings.defaults().withMaxBody(HttpSettings.MAX_BODY);
        try (ApiFixture api = new ApiFixture(large)) {
            RawHttp.Answer answer = api.send(
                    "POST",
                    "/jobs/outcomes",
                    entries.getBytes(StandardCharsets.US_ASCII),
                    "Content-Type: application/json");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("$[199].id").contains("$[0].x[0]");
        }
    }
}
