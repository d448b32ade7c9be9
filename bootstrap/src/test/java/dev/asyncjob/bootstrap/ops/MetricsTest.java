package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RequestObserver;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final Metrics metrics = new Metrics();
    private JobServer management;

    @BeforeEach
    void start() throws IOException {
        management =
                metrics.listen(HttpSettings.defaults().listeningOn("127.0.0.1", 0), List.of(), Map.of(), request -> {});
    }

    @AfterEach
    void stop() {
        management.close();
        metrics.close();
    }

    @Test
    void secrets_that_end_soon_are_counted_at_each_scrape() {
        AtomicLong expiring = new AtomicLong(2);
        metrics.countExpiring(() -> {
            if (expiring.get() < 0) {
                throw new IOException("no such file");
            }
            return expiring.get();
        });
        assertThat(metrics.scrape()).contains("asyncjob_secrets_expiring 2.0\n");
        expiring.set(-1);
        assertThat(metrics.scrape()).contains("asyncjob_secrets_expiring NaN\n");
    }

    @Test
    void dropped_log_lines_are_counted_as_long_as_the_metrics_exist() {
        AtomicLong dropped = new AtomicLong(3);
        metrics.countDroppedLines(dropped::get);
        assertThat(metrics.scrape()).contains("asyncjob_log_lines_dropped_total 3.0");
        dropped.set(5);
        System.gc();
        assertThat(metrics.scrape()).contains("asyncjob_log_lines_dropped_total 5.0");
    }

    @Test
    void metrics_are_prometheus_text_about_the_jvm_and_the_requests() throws Exception {
        metrics.answered(request("GET", "/jobs/{asyncJobId}", 200, Duration.ofMillis(7)));
        HttpResponse<String> response = ask("GET", "/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; version=0.0.4; charset=utf-8");
        String request = "{method=\"GET\",route=\"/jobs/{asyncJobId}\",status=\"200\"";
        assertThat(response.body())
                .contains("http_server_requests_seconds_count" + request + "} 1\n")
                .contains("http_server_requests_seconds_bucket" + request + ",le=\"0.005\"} 0\n")
                .contains("http_server_requests_seconds_bucket" + request + ",le=\"0.01\"} 1\n")
                .contains("\njvm_memory_used_bytes{", "\njvm_threads_live_threads ", "\nprocess_uptime_seconds ")
                .contains("\njvm_gc_");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    application/openmetrics-text; version=1.0.0                                          | application/openmetrics-text; version=1.0.0; charset=utf-8
                    application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1 | application/openmetrics-text; version=1.0.0; charset=utf-8
                    application/openmetrics-text;q=0.5,text/plain                                        | text/plain; version=0.0.4; charset=utf-8
                    application/openmetrics-text;q=0                                                     | text/plain; version=0.0.4; charset=utf-8
                    text/html,application/xml;q=0.9,*/*;q=0.8                                            | text/plain; version=0.0.4; charset=utf-8
                    application/vnd.google.protobuf                                                      | text/plain; version=0.0.4; charset=utf-8
                    """)
    void the_format_is_open_metrics_for_a_client_that_prefers_it(String accept, String type) throws Exception {
        HttpResponse<String> response = ask("GET", "/metrics", "Accept", accept);
        assertThat(response.headers().firstValue("content-type")).contains(type);
        assertThat(response.headers().firstValue("vary")).contains("Accept");
        boolean open = type.startsWith("application/openmetrics-text");
        assertThat(response.body().endsWith("# EOF\n")).isEqualTo(open);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/metrics/", "/metrics/x", "/metricsx", "/health/live", "/openapi.yaml"})
    void there_is_nothing_else(String path) throws Exception {
        assertThat(ask("GET", path).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE"})
    void metrics_can_only_be_got(String method) throws Exception {
        HttpResponse<String> response = ask(method, "/metrics");
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("allow")).contains("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /%zz", "GET /metrics?a=%zz", "GET *", "PUT /%zz", "BREW /metrics"})
    void what_it_cannot_read_is_refused_in_the_contracts_words(String request) throws Exception {
        String answer = raw(request + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer)
                .containsPattern("^HTTP/1.1 (400|501) ")
                .contains("{\"meta\":{\"code\":")
                .doesNotContain("Exception");
    }

    @Test
    void what_clients_send_cannot_make_series_without_end() {
        for (int i = 0; i < 2 * Metrics.MAX_SERIES; i++) {
            metrics.answered(request("M" + i, "/route", 1000 + i, Duration.ZERO));
            metrics.answered(request("GET", "/route/" + i, 200, Duration.ZERO));
        }
        List<String> series = metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("http_server_requests_seconds_count{"))
                .toList();
        assertThat(series)
                .hasSizeLessThanOrEqualTo(Metrics.MAX_SERIES + 1)
                .contains(
                        "http_server_requests_seconds_count{method=\"other\",route=\"/route\",status=\"other\"} 1000",
                        "http_server_requests_seconds_count{method=\"GET\",route=\"other\",status=\"200\"} 501");
    }

    @Test
    void clients_that_stop_in_the_middle_of_a_request_keep_nobody_waiting() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), management.port());
                silent.add(socket);
                socket.getOutputStream().write("GET /metr".getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(ask("GET", "/metrics").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void a_port_that_is_taken_is_named() {
        int taken = management.port();
        assertThatThrownBy(() -> metrics.listen(
                        HttpSettings.defaults().listeningOn("127.0.0.1", taken), List.of(), Map.of(), request -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("management.host, management.port: cannot listen on 127.0.0.1:" + taken);
    }

    @Test
    void it_listens_no_longer_than_it_should() {
        int port = management.port();
        management.close();
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port))
                .isInstanceOf(IOException.class);
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), management.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private HttpResponse<String> ask(String method, String path, String... headers)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + management.port() + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(10));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static RequestObserver.Exchanged request(String method, String route, int status, Duration took) {
        return new RequestObserver.Exchanged(
                Instant.EPOCH,
                "r-1",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                method,
                route,
                status,
                took);
    }
}
