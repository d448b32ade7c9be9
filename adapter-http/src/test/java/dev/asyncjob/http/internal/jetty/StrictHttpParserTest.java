package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Framing that Jetty's strictest mode lets pass, and that other servers read in other ways. */
class StrictHttpParserTest {
    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    private static String chunked(String body) {
        return ApiFixture.message(
                        "POST",
                        "/jobs",
                        "clinic-a",
                        "Content-Type: application/json",
                        "Connection: close",
                        "Transfer-Encoding: chunked")
                + body;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health/live http/1.1",
                "GET /health/live HTTP/1.1 ",
                "GET /health/live Http/1.1",
                "GET  /health/live HTTP/1.1",
                "GET /health/live  HTTP/1.1",
                " GET /health/live HTTP/1.1",
                "GET\t/health/live HTTP/1.1"
            })
    void a_request_line_that_is_not_exact_is_400_and_closed(String line) {
        assertThat(RawHttp.sendAll(
                        api.port(), line + "\r\nHost: a\r\n\r\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .doesNotContain("HTTP/1.1 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%00b", "a%0ab", "a b", "a%2fb", "a\u0001b", "u@a", "a\"b", "a%zb", "ü", "[a%00]"})
    void a_host_with_characters_no_host_has_is_400_and_closed(String host) {
        assertThat(RawHttp.sendAll(api.port(), "GET /health/live HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"100000000", "10000000000000000", "ffffffffffffffffff", "7fffffff", "-1", "0x1", "+1"})
    void a_chunk_longer_than_any_body_or_of_no_length_is_400_and_closed(String length) {
        assertThat(RawHttp.sendAll(api.port(), chunked(length + "\r\n{}\r\n0\r\n\r\n")))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void what_is_exact_passes_also_in_two_pieces() {
        String request = "GET /health/live HTTP/1.1\r\nHost: a.example:80\r\nConnection: close\r\n\r\n";
        assertThat(RawHttp.sendAll(api.port(), request)).startsWith("HTTP/1.1 200 ");
        assertThat(RawHttp.sendAll(api.port(), chunked("2;x=y\r\n{}\r\n0\r\n\r\n")))
                .startsWith("HTTP/1.1 422 ");
        assertThat(IntStream.range(1, request.length() - 4)
                        .mapToObj(at -> RawHttp.sendAll(api.port(), request.substring(0, at), request.substring(at)))
                        .filter(answer -> !answer.startsWith("HTTP/1.1 200 ")))
                .isEmpty();
        String lower = request.replace("HTTP", "http");
        assertThat(IntStream.range(1, 30)
                        .mapToObj(at -> RawHttp.sendAll(api.port(), lower.substring(0, at), lower.substring(at)))
                        .filter(answer -> !answer.startsWith("HTTP/1.1 400 ")))
                .isEmpty();
    }
}
