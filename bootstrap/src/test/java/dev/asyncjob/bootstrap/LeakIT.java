package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends secrets in every part of a request and looks for them in the server's output: error bodies, the log, metrics
 * and thread names.
 */
class LeakIT {
    private static final String PATH = "/patients/composition/job/";
    private static final String SECRET = Leaks.PLANTED + "patient-7f3c";

    /** All fields that a line of the request log may have, in this order. */
    private static final Pattern REQUEST_LINE = Pattern.compile("\\{\"time\":\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\","
            + "\"request_id\":\"[A-Za-z0-9._#:-]{1,128}\"(,\"client\":\"clinic-a\")?(,\"job\":\"[0-9a-f-]{36}\")?(,\"trace_id\":\"[0-9a-f]{32}\")?,"
            + "\"route\":\"[A-Z]+ (?:none|[a-z0-9/{}A-Z.-]+)\",\"status\":\\d{3},\"duration_ms\":\\d+\\.\\d{3}}");

    /** All fields that a line of the security log about a refusal may have, in this order. */
    private static final Pattern REFUSAL_LINE = Pattern.compile("\\{\"time\":\"[0-9T:.-]+Z\",\"event\":\"refused\","
            + "\"address\":\"127\\.0\\.0\\.1\",\"request_id\":\"[A-Za-z0-9._#:-]{1,128}\",\"status\":4\\d\\d,"
            + "\"reason\":\"[a-z-]+\"(,\"client\":\"clinic-a\")?(,\"key\":\"api-key [0-9T:-]+Z\")?,\"count\":\\d+}");

    @TempDir
    private Path folder;

    @Test
    @Tag("soak")
    void values_of_a_client_appear_in_no_other_output() throws Exception {
        Map<String, String> environment = Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:leaks");
        ServerProcess.Credentials client = ServerProcess.addClient(
                folder, environment, "clinic-a", "composition:read,job:schedule,job:work,job:admin");
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            String id = work(server, client);
            refusedRequests(id).forEach(request -> {
                HttpResponse<String> answer = server.as(client, request.get(0), request.get(1), request.get(2));
                assertThat(answer.statusCode()).as("%s", request).isBetween(400, 499);
                Leaks.assertNoneIn(answer.body() + answer.headers().map(), request.toString());
            });
            brokenMessages(client).forEach(message -> Leaks.assertNoneIn(raw(server, message), message));

            Leaks.assertNoSecretIn(server.log(), "the log");
            Leaks.assertNoSecretIn(server.metrics(), "metrics");
            Leaks.assertNoSecretIn(server.threads(), "threads");
            assertThat(server.metrics()).doesNotContain(id);
            List<String> lines = server.log().lines().toList();
            assertThat(lines)
                    .hasSizeGreaterThan(40)
                    .allSatisfy(line -> assertThat(line).matches(REQUEST_LINE + "|" + REFUSAL_LINE))
                    .anyMatch(line -> REFUSAL_LINE.matcher(line).matches());
            String job = "\"job\":\"" + id + "\",";
            assertThat(lines)
                    .anyMatch(line ->
                            line.contains("\"client\":\"clinic-a\"," + job + "\"route\":\"POST /jobs\",\"status\":202"))
                    .anyMatch(line -> line.contains(job + "\"route\":\"PUT /jobs/{id}/lease\",\"status\":200"))
                    .anyMatch(line -> line.contains(job + "\"route\":\"POST /jobs/{id}/done\",\"status\":200"));
            assertThat(lines).anyMatch(line -> line.contains("\"request_id\":\"mine-1\""));
        }
    }

    /** Schedules, claims and settles jobs with a secret in each field, and returns the id of one that is done. */
    private static String work(ServerProcess server, ServerProcess.Credentials client) {
        String job = "{\"kind\":\"a.b\",\"payload\":{\"patient\":\"" + SECRET + "\"},\"links\":[{\"entity\":\"" + SECRET
                + "\",\"href\":\"" + SECRET + "\"}]}";
        server.as(client, "POST", "/jobs", job);
        server.as(client, "POST", "/jobs", job);
        String claimed = server.as(
                        client,
                        "POST",
                        "/jobs/claims",
                        "{\"kinds\":[\"a.b\"],\"max\":2,\"lease\":\"PT30S\",\"worker\":\"" + SECRET
                                + "\",\"claimId\":\"" + SECRET + "\"}")
                .body();
        List<String> ids = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"")
                .matcher(claimed)
                .results()
                .map(result -> result.group(1))
                .toList();
        assertThat(ids).hasSize(2);
        server.as(client, "PUT", "/jobs/" + ids.get(0) + "/lease", "{\"token\":1,\"lease\":\"PT30S\"}");
        server.as(
                client,
                "POST",
                "/jobs/" + ids.get(0) + "/done",
                "{\"token\":1,\"links\":[{\"entity\":\"" + SECRET + "\",\"href\":\"" + SECRET + "\"}]}");
        server.as(
                client,
                "POST",
                "/jobs/" + ids.get(1) + "/failed",
                "{\"token\":1,\"error\":\"" + SECRET + "\",\"retry\":false}");
        server.as(client, "GET", "/jobs?kind=" + SECRET, "");
        return ids.get(0);
    }

    /** Returns method, path and body of requests that the server refuses. */
    private static Stream<List<String>> refusedRequests(String id) {
        String lease = "/jobs/" + id + "/lease";
        return Stream.of(
                List.of("GET", PATH + SECRET, ""),
                List.of("GET", "/" + SECRET, ""),
                List.of("GET", "/jobs?" + SECRET + "=1", ""),
                List.of("GET", "/jobs?cursor=" + SECRET, ""),
                List.of("GET", "/jobs?limit=" + SECRET, ""),
                List.of("GET", "/jobs?status=" + SECRET, ""),
                List.of("PUT", PATH + id, "{\"" + SECRET + "\":1}"),
                List.of("POST", "/jobs", SECRET),
                List.of("POST", "/jobs", "\"" + SECRET + "\""),
                List.of("POST", "/jobs", "{\"" + SECRET + "\":1}"),
                List.of("POST", "/jobs", "{\"kind\":\"" + SECRET + " \"}"),
                List.of("POST", "/jobs", "{\"kind\":{\"" + SECRET + "\":1}}"),
                List.of(
                        "POST",
                        "/jobs",
                        "{\"kind\":\"a\",\"links\":[{\"entity\":\"a\",\"href\":\"javascript:" + SECRET + "\"}]}"),
                List.of("POST", "/jobs", "{\"kind\":\"a\",\"payload\":{\"" + SECRET + "\":1,\"" + SECRET + "\":2}}"),
                List.of("POST", "/jobs", "{\"kind\":\"a\",\"payload\":{\"" + SECRET + "\":1e9999}}"),
                List.of("POST", "/jobs", "{\"kind\":\"a\",\"payload\":\"" + SECRET.repeat(5_000) + "\"}"),
                List.of("POST", "/jobs/claims", "{\"kinds\":[\"" + SECRET + "!\"],\"max\":1,\"worker\":\"a\"}"),
                List.of("PUT", lease, "{\"token\":\"" + SECRET + "\"}"),
                List.of("PUT", lease, "{\"token\":1,\"lease\":\"" + SECRET + "\"}"),
                List.of("PUT", "/jobs/" + SECRET + "/lease", "{\"token\":1}"),
                List.of(
                        "POST",
                        "/jobs/" + id + "/done",
                        "{\"token\":9,\"links\":[{\"entity\":\"" + SECRET + "\\u0000\"}]}"),
                List.of("POST", "/jobs/outcomes", "{\"" + SECRET + "\":1}"),
                List.of("DELETE", "/jobs/" + SECRET, ""));
    }

    /** Returns raw requests, malformed or with many secrets. */
    private static Stream<String> brokenMessages(ServerProcess.Credentials client) {
        String credentials = "Authorization: Bearer " + client.token() + "\r\napi-key: " + client.apiKey() + "\r\n";
        String missing = "GET " + PATH + "00000000-0000-4000-8000-000000000000";
        return Stream.of(
                missing + "?access_token=" + SECRET + " HTTP/1.1\r\nHost: a\r\n\r\n",
                missing + " HTTP/1.1\r\nHost: a\r\n" + credentials + "x-request-id: mine-1\r\nCookie: a=" + SECRET
                        + "\r\nUser-Agent: " + SECRET + "\r\nReferer: http://a/" + SECRET + "\r\nX-Forwarded-For: "
                        + SECRET + "\r\ntraceparent: " + SECRET + "\r\n\r\n",
                missing + " HTTP/1.1\r\nHost: a\r\n" + credentials + "x-request-id: " + SECRET + "\"}\\n{\r\n\r\n",
                missing + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + SECRET + "\r\napi-key: " + SECRET
                        + "\r\n\r\n",
                missing + " HTTP/1.1\r\nHost: a\r\nAuthorization: " + SECRET + "\r\n\r\n",
                missing + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + SECRET + " " + SECRET + "\r\n\r\n",
                missing + "%0d%0a{\"forged\":\"" + SECRET + "\"} HTTP/1.1\r\nHost: a\r\n\r\n",
                missing + "/%zz" + SECRET + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /" + SECRET + " " + SECRET + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/9.9" + SECRET + "\r\n\r\n",
                SECRET + " / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://" + SECRET + "/ HTTP/1.1\r\nHost: b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: " + SECRET + "!\"\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n" + SECRET + "\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n" + SECRET + ": a\u0001b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + SECRET + "\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + SECRET + "\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nExpect: " + SECRET + "\r\n\r\n",
                "POST /jobs HTTP/1.1\r\nHost: a\r\n" + credentials + "Content-Type: text/" + SECRET
                        + "\r\nContent-Length: 2\r\n\r\n{}",
                "POST /jobs HTTP/1.1\r\nHost: a\r\n" + credentials + "Content-Type: application/json\r\n"
                        + "Idempotency-Key: " + SECRET + " \"\r\nContent-Length: 2\r\n\r\n{}");
    }

    /** Sends a raw request and returns all bytes of the response. */
    private static String raw(ServerProcess server, String message) {
        URI url = URI.create(server.url());
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(message.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
