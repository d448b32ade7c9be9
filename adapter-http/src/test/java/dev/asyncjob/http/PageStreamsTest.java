package dev.asyncjob.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.Javalin;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Pages as streams of events. */
class PageStreamsTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What the view has, look by look; the last stays. */
    private final BlockingQueue<Supplier<Optional<String>>> contents = new LinkedBlockingQueue<>();

    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger looksAtBig = new AtomicInteger();

    @AutoClose
    private final JobServer server = JobServer.start(
            HttpSettings.defaults().listeningOn("127.0.0.1", 0),
            List.of(new PagesApi(
                    Map.of("/page", ctx -> ctx.html("whole"), "/big", ctx -> {}, "/still", ctx -> ctx.html("still")),
                    Map.of(),
                    Map.of("/page", this::look, "/big", this::big))),
            request -> {});

    private Optional<String> look(Context ctx) {
        looks.incrementAndGet();
        Supplier<Optional<String>> next = contents.size() > 1 ? contents.remove() : contents.element();
        return next.get();
    }

    /** More than the buffers of a connection take, and other content each time. */
    private Optional<String> big(Context ctx) {
        return Optional.of((looksAtBig.incrementAndGet() + " ").repeat(10_000_000));
    }

    private void show(String... texts) {
        Stream.of(texts)
                .<Supplier<Optional<String>>>map(text -> () -> Optional.of(text))
                .forEach(contents::add);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("Accept", "text/event-stream");
    }

    private static <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) {
        try {
            return CLIENT.send(request.build(), body);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String event(Iterator<String> lines) {
        StringBuilder event = new StringBuilder();
        for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
            event.append(line).append('|');
        }
        return event.toString();
    }

    @Test
    void a_stream_has_the_content_whenever_it_has_changed_and_ends_with_the_view() {
        show("<p>one\r\nevent: end\rdata: x\nlast", "<p>two", "<p>two");
        contents.add(() -> {
            throw new StoreUnavailable(new IOException("down"));
        });
        show("<p>two");
        contents.add(Optional::empty);
        HttpResponse<Stream<String>> answer = send(request("/page"), HttpResponse.BodyHandlers.ofLines());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        try (Stream<String> body = answer.body()) {
            Iterator<String> lines = body.iterator();
            assertThat(event(lines)).isEqualTo("data: <p>one|data: event: end|data: data: x|data: last|");
            assertThat(event(lines)).isEqualTo("data: <p>two|");
            assertThat(event(lines)).isEqualTo("event: same|data:|");
            assertThat(event(lines)).isEqualTo("event: fault|data:|");
            assertThat(event(lines)).isEqualTo("data: <p>two|");
            assertThat(event(lines)).isEqualTo("event: end|data:|");
            assertThat(lines.hasNext()).isFalse();
        }
        assertThat(looks).hasValue(6);
    }

    @Test
    void a_view_that_is_not_there_has_no_stream() {
        contents.add(Optional::empty);
        assertThat(send(request("/page"), HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(204);
    }

    @Test
    void a_view_that_cannot_be_read_yet_has_a_stream_that_says_so() {
        contents.add(() -> {
            throw new StoreUnavailable(new IOException("down"));
        });
        show("<p>one");
        try (Stream<String> body =
                send(request("/page"), HttpResponse.BodyHandlers.ofLines()).body()) {
            Iterator<String> lines = body.iterator();
            assertThat(event(lines)).isEqualTo("event: fault|data:|");
            assertThat(event(lines)).isEqualTo("data: <p>one|");
        }
    }

    @Test
    void who_asks_for_no_events_gets_the_page() {
        show("<p>one");
        assertThat(send(request("/page").setHeader("Accept", "text/html, */*"), HttpResponse.BodyHandlers.ofString())
                        .body())
                .isEqualTo("whole");
        assertThat(send(
                                request("/page").method("HEAD", HttpRequest.BodyPublishers.noBody()),
                                HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(request("/still"), HttpResponse.BodyHandlers.ofString()).body())
                .isEqualTo("still");
        assertThat(looks).hasValue(0);
    }

    @Test
    void streams_are_limited_and_a_place_is_free_when_one_ends() throws IOException {
        show("<p>one");
        Deque<InputStream> open = new ArrayDeque<>();
        for (int i = 0; i < PageStreams.MAX_STREAMS; i++) {
            open.add(send(request("/page"), HttpResponse.BodyHandlers.ofInputStream())
                    .body());
        }
        HttpResponse<String> refused = send(request("/page"), HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("2");
        open.remove().close();
        long begun = System.nanoTime();
        HttpResponse<InputStream> free;
        do {
            free = send(request("/page"), HttpResponse.BodyHandlers.ofInputStream());
        } while (free.statusCode() == 503 && System.nanoTime() - begun < PATIENCE.toNanos());
        assertThat(free.statusCode()).isEqualTo(200);
        open.add(free.body());
        for (InputStream one : open) {
            one.close();
        }
    }

    @Test
    void content_is_not_made_for_a_reader_that_has_not_taken_the_last() throws IOException {
        show("<p>one");
        try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), server.port());
                Stream<String> other = send(request("/page"), HttpResponse.BodyHandlers.ofLines())
                        .body()) {
            slow.getOutputStream()
                    .write("GET /big HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(slow.getInputStream().readNBytes(100)).hasSize(100);
            Iterator<String> lines = other.iterator();
            for (int i = 0; i < 4; i++) {
                assertThat(event(lines)).isNotEmpty();
            }
            assertThat(looksAtBig).hasValue(1);
        }
    }

    @Test
    void a_server_that_stops_ends_its_streams() {
        endsTheStreams(server.port(), 1, server::close);
    }

    @Test
    void an_application_that_stops_ends_its_streams() {
        Javalin host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.registerPlugin(new PagesApi(Map.of("/page", ctx -> {}), Map.of(), Map.of("/page", this::look)));
        });
        host.start("127.0.0.1", 0);
        endsTheStreams(host.port(), 20, host::stop);
    }

    /** Each stream ends as HTTP has it: a client whose response breaks off would get an exception. */
    private void endsTheStreams(int port, int count, Runnable stop) {
        show("<p>one");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/page"))
                .header("Accept", "text/event-stream");
        List<Iterator<String>> streams = Stream.generate(() -> send(request, HttpResponse.BodyHandlers.ofLines())
                        .body()
                        .iterator())
                .limit(count)
                .toList();
        streams.forEach(lines -> assertThat(event(lines)).isEqualTo("data: <p>one|"));
        stop.run();
        streams.forEach(lines -> lines.forEachRemaining(line -> assertThat(line).isIn("", "event: same", "data:")));
    }
}
