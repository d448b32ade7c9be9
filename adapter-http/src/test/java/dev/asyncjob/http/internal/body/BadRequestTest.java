package dev.asyncjob.http.internal.body;

import static dev.asyncjob.http.ApiFixture.DONE_ID;
import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Odd, hostile and broken requests for a status: each gets its clear answer in the contract's JSON. */
class BadRequestTest {
    private static final String OK_HEADERS = "Authorization: Bearer clinic-a\r\napi-key: clinic-a-key\r\n\r\n";

    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    private static void assertError(RawHttp.Answer answer, int status) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).startsWith("{\"meta\":{\"code\":" + status).contains("\"error\":{\"type\":");
        assertThat(answer.text()).doesNotContain("Exception", "jetty", "javalin", "<html", "X-Evil");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("x-request-id")).isPresent();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "/patients/composition/job/, 404",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/, 404",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/more, 404",
        "/patients/composition/job/%00, 400",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59%00, 400",
        "/patients/composition/job/a%2Fb, 400",
        "/patients/composition/job/..%2f..%2fetc, 400",
        "/patients/composition/job/a\\b, 400",
        "/patients/composition/job/a%5cb, 400",
        "/patients/composition/job/%zz, 400",
        "/patients/composition/job/%, 400",
        "/patients/composition/job/%4, 400",
        "/patients/composition/job/%25, 404",
        "/patients/composition/job/%252f, 404",
        "/patients/composition/job/a%0d%0aX-Evil:1, 400",
        "/patients/composition/job/a%0aX-Evil:1, 400",
        "/patients/composition/job/%ff, 400",
        "/patients/composition/job/%c3%28, 400",
        "/patients/composition/job/a%7Fb, 400",
        "//patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59, 400",
        "/patients//composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59, 400",
        "/PATIENTS/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59, 404",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59;a=b, 404",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59?a=%zz, 400",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59?a=%, 400",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59?a=%ff, 400",
        "/patients/composition/job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59?%c3%28, 400",
        "/patients, 404",
        "/docs/../etc, 404",
        "*, 400",
    })
    void odd_targets_get_a_clear_answer(String target, int status) {
        assertError(api.get(target), status);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"//", "*", "a", "/docs?a=%zz"})
    void heads_with_odd_targets_get_no_body(String target) {
        String answer =
                RawHttp.sendAll(api.port(), "HEAD " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 400 ").endsWith("\r\n\r\n").containsPattern("Content-Length: [1-9]");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"::1", "a:+80", "fe80::1:80", "1:2:3"})
    void a_host_that_could_be_read_in_two_ways_is_400(String host) {
        String request = "GET /docs HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n";
        assertThat(RawHttp.send(api.port(), request.formatted(host)).status()).isEqualTo(400);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"a", "a:80", "127.0.0.1:8080", "[::1]", "[::1]:80", "a-b.example", "A_B"})
    void hosts_may_be_names_and_addresses(String host) {
        String request = "GET /docs HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n";
        assertThat(RawHttp.send(api.port(), request.formatted(host)).status()).isEqualTo(200);
    }

    /** Jetty replaces a request that it cannot parse by one with the method BAD, so a HEAD gets a body here. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"/%zz", "/%00", "/%2e%2e/.."})
    void heads_whose_target_is_unreadable_are_refused_and_end_the_connection(String target) {
        assertRefusedAndClosed("400", "HEAD " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    @Test
    void heads_whose_first_line_is_unreadable_are_refused_and_end_the_connection() {
        assertRefusedAndClosed("414", "HEAD /" + "a".repeat(9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertRefusedAndClosed("414", "\r\nHEAD /" + "a".repeat(70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertRefusedAndClosed("505", "HEAD /docs HTTP/9.9\r\nHost: a\r\n\r\n");
        assertRefusedAndClosed("400", "HEAD\t/docs HTTP/1.1\r\nHost: a\r\n\r\n");
        assertRefusedAndClosed("400", "HEAD /docs HTTP/1.1\nHost: a\n\n");
    }

    @Test
    void what_only_looks_like_a_head_gets_a_body() {
        assertThat(RawHttp.sendAll(api.port(), "HEADER /docs HTTP/9.9\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 505 ")
                .endsWith("}");
        String get = "GET /docs HTTP/9.9\r\nHost: a\r\n\r\n";
        assertThat(RawHttp.sendAll(api.port(), "HEAD /docs HTTP/1.1\r\nHost: a\r\n\r\n" + get))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("}");
    }

    /** A second request on the connection must not be answered: its response would follow an unexpected body. */
    private static void assertRefusedAndClosed(String status, String request) {
        String next = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";
        assertThat(RawHttp.sendAll(api.port(), request + next))
                .startsWith("HTTP/1.1 " + status + " ")
                .containsOnlyOnce("HTTP/1.1 ")
                .containsPattern("Content-Length: [1-9]");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "/patients/composition/job/../job/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59",
                "/patients/composition/job/%2e%2e/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59",
                "/patients/composition/job/./89678f60-4cdc-4fe3-ae83-e8b3ebd35c59",
                "/../../etc/passwd"
            })
    void dots_lead_nowhere(String target) {
        assertThat(api.get(target).status()).isIn(400, 404);
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {9_000, 70_000})
    void long_targets_are_414(int length) {
        assertError(api.get(PATH + "a".repeat(length)), 414);
    }

    @Test
    void raw_bytes_in_the_target_are_400() {
        byte[] utf8 = ("GET " + PATH + "\u0456 HTTP/1.1\r\nHost: a\r\n" + OK_HEADERS).getBytes(StandardCharsets.UTF_8);
        assertError(RawHttp.send(api.port(), utf8), 400);
        byte[] query = ("GET " + PATH + ID + "?a=\u0456 HTTP/1.1\r\nHost: a\r\n" + OK_HEADERS)
                .getBytes(StandardCharsets.UTF_8);
        assertError(RawHttp.send(api.port(), query), 400);
        assertError(RawHttp.send(api.port(), "GET " + PATH + "a b HTTP/1.1\r\nHost: a\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(api.port(), "GET " + PATH + "a\tb HTTP/1.1\r\nHost: a\r\n" + OK_HEADERS), 400);
    }

    @Test
    void a_target_for_another_host_is_400() {
        assertError(api.get("http://elsewhere.example" + PATH + ID), 400);
        assertError(api.get("https://localhost:8080" + PATH + ID), 400);
        assertError(api.get("ftp://localhost:8080" + PATH + ID), 400);
        assertThat(api.get("http://localhost:8080" + PATH + ID).status()).isEqualTo(200);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "PUT,405",
        "DELETE,405",
        "PATCH,405",
        "POST,405",
        "TRACE,405",
        "QUERY,405",
        "CONNECT,400",
        "FOO,501",
        "get,501",
        "BEFORE,501"
    })
    void other_methods_are_refused(String method, int status) {
        RawHttp.Answer answer = api.request(method, method.equals("CONNECT") ? "localhost:80" : PATH + ID);
        assertError(answer, status);
        if (status == 405) {
            assertThat(answer.header("Allow")).contains("GET, HEAD");
        }
    }

    @Test
    void options_tells_what_is_allowed() {
        RawHttp.Answer answer = api.bare("OPTIONS", PATH + ID);
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.header("Allow")).contains("GET, HEAD, OPTIONS");
        assertThat(answer.header("Content-Type")).isEmpty();
        assertThat(answer.headerLines())
                .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE", "POST", "PUT", "BEFORE", "X"})
    void a_method_override_is_ignored(String method) {
        assertThat(api.get(PATH + ID, "X-HTTP-Method-Override: " + method).status())
                .isEqualTo(200);
    }

    @Test
    void an_upgrade_to_a_web_socket_is_an_ordinary_request() {
        assertThat(api.get(
                                PATH + ID,
                                "Upgrade: websocket",
                                "Connection: Upgrade",
                                "Sec-WebSocket-Version: 13",
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void broken_framing_is_refused() {
        String target = "GET " + PATH + ID + " HTTP/1.1\r\n";
        int port = api.port();
        assertError(RawHttp.send(port, target + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a\r\nHost: b\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a b\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a:99999\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, (target + "Host: a\r\n" + OK_HEADERS).replace("\r\n", "\n")), 400);
        assertError(RawHttp.send(port, target + "Host: a\r\nX: a\u0000b\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a\r\nX: a\u0001b\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a\r\nX : b\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, target + "Host: a\r\nX: b\r\n folded\r\n" + OK_HEADERS), 400);
        assertError(RawHttp.send(port, "GET " + PATH + ID + " HTTP/2.0\r\nHost: a\r\n" + OK_HEADERS), 505);
        assertError(RawHttp.send(port, "GET " + PATH + ID + " HTTP/9.9\r\nHost: a\r\n" + OK_HEADERS), 505);
        assertError(RawHttp.send(port, "GET " + PATH + ID + "\r\n\r\n"), 505);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "Content-Length: 1\r\nContent-Length: 1",
                "Content-Length: 1\r\nContent-Length: 2",
                "Content-Length: -1",
                "Content-Length: +2",
                "Content-Length: 100000000000000000000",
                "Content-Length: 1\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
            })
    void ambiguous_lengths_are_400_and_close_the_connection(String lines) {
        RawHttp.Answer answer = api.get(PATH + ID, lines);
        assertError(answer, 400);
        assertThat(answer.header("Connection")).contains("close");
    }

    @Test
    void other_transfer_codings_are_501() {
        assertError(api.get(PATH + ID, "Transfer-Encoding: gzip, chunked"), 501);
    }

    @Test
    void problem_details_are_spoken_before_the_routes_too() {
        RawHttp.Answer answer = api.get(PATH + ID, "Expect: foo", "Accept: application/problem+json");
        assertThat(answer.status()).isEqualTo(417);
        assertThat(answer.header("Content-Type")).contains("application/problem+json; charset=utf-8");
        assertThat(answer.text()).contains("\"instance\":\"" + PATH + ID + "\"");
    }

    @Test
    void a_refused_target_is_said_to_be_the_part_that_is_wrong() {
        assertThat(api.get(PATH + "%zz").text())
                .contains("\"invalid\":[{\"entry_type\":\"request\"")
                .doesNotContain("%zz");
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {9 * 1024, 64 * 1024})
    void large_headers_are_431(int length) {
        assertError(api.get(PATH + ID, "X-Large: " + "a".repeat(length)), 431);
    }

    @Test
    void an_unknown_expectation_is_417() {
        assertError(api.get(PATH + ID, "Expect: foo"), 417);
    }

    @Test
    void other_protocols_on_this_port_are_refused() {
        byte[] tls = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 13, 10, 13, 10};
        assertThat(RawHttp.send(api.port(), tls).status()).isEqualTo(400);
        assertThat(RawHttp.send(api.port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status())
                .isIn(400, 505);
    }

    @Test
    void a_body_on_get_is_ignored() {
        byte[] body = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
        assertThat(api.send("GET", PATH + ID, body, "Content-Type: application/json")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "application/xml | 406",
                "text/event-stream;q=0 | 406",
                "text/html | 406",
                "application/json;q=0 | 406",
                "application/json;q=0, */* | 406",
                "*/*;q=0 | 406",
                "*/* | 200",
                "application/* | 200",
                "application/json | 200",
                "APPLICATION/JSON | 200",
                "application/json;charset=utf-8 | 200",
                "text/html, application/json;q=0.1 | 200",
                "garbage | 200",
                "*/json | 200",
                "application/ | 200",
                "application/problem+json | 200",
                "application/json;q=0, application/problem+json | 406",
                "'' | 200",
                ",,; | 200",
                "application/json;q=abc | 200",
            })
    void accept_is_honoured(String accept, int status) {
        assertThat(api.get(PATH + ID, "Accept: " + accept).status()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait=-1", "wait=999999999999", "wait=abc", "wait", ";;;", "=", "respond-async"})
    void odd_preferences_are_ignored(String prefer) {
        assertThat(api.get(PATH + DONE_ID, "Prefer: " + prefer).status()).isEqualTo(200);
    }

    @Test
    void pipelined_requests_are_answered_in_order() {
        StringBuilder requests = new StringBuilder();
        StringBuilder ids = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            requests.append(ApiFixture.message("GET", PATH + ID, "clinic-a", "x-request-id: r" + i));
            ids.append('r').append(i).append(' ');
        }
        requests.append(ApiFixture.message("GET", PATH + ID, "clinic-a", "x-request-id: last", "Connection: close"));
        String answered = Pattern.compile("x-request-id: (\\S+)")
                .matcher(RawHttp.sendAll(api.port(), requests.toString()))
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.joining(" "));
        assertThat(answered).isEqualTo(ids + "last");
    }
}
