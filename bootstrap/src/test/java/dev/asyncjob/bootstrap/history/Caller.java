package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Answer;
import dev.asyncjob.bootstrap.history.Event.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One client: sends requests, one at a time, and writes them into a history. */
final class Caller {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private static final AtomicInteger CALLERS = new AtomicInteger();

    /** Seconds for which an answer may take longer than its request allows, until its client gives up. */
    private static final int PATIENCE = 8;

    /** The longest time for which a client listens to one stream. */
    private static final int STREAM_SECONDS = 20;

    private final Cluster cluster;
    private final History history;
    private final SplittableRandom random;
    private final String name = "q" + CALLERS.incrementAndGet();
    private int requests;

    Caller(Cluster cluster, History history, SplittableRandom random) {
        this.cluster = cluster;
        this.history = history;
        this.random = random;
    }

    private Node anyNode() {
        return cluster.nodes().get(random.nextInt(cluster.nodes().size()));
    }

    /** Sends a request and returns it with its answer, which may be none. */
    Event call(Request request) {
        Node node = request.node() == null ? anyNode() : request.node();
        boolean throughLine = request.node() == null && random.nextInt(10) < 3;
        String id = nextId();
        Event asked = event(request, node, id);
        if (throughLine) {
            asked = asked.withDetail(Event.LINE, "true");
        }
        int patience = PATIENCE + (int) asked.number(Event.WAIT);
        long began = history.now();
        Answer answer = answer(http(request, node.url(throughLine), id, patience), patience + 2);
        Event event = asked.withAnswer(answer).withTimes(began, history.now());
        history.add(event);
        return event;
    }

    private String nextId() {
        return name + "-" + ++requests;
    }

    private static Event event(Request request, Node node, String id) {
        return new Event(
                request.kind(), node.name(), id, request.job(), request.token(), 0, 0, null, request.details());
    }

    private HttpRequest http(Request request, String url, String id, int patience) {
        HttpRequest.Builder http = HttpRequest.newBuilder(URI.create(url + request.path()))
                .timeout(Duration.ofSeconds(patience))
                .header("Authorization", "Bearer " + cluster.client().token())
                .header("api-key", cluster.client().apiKey())
                .header("x-request-id", id)
                .method(
                        request.method(),
                        request.body().isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(request.body()));
        if (!request.body().isEmpty()) {
            http.header("Content-Type", "application/json");
        }
        request.headers().forEach(http::header);
        return http.build();
    }

    private static @Nullable Answer answer(HttpRequest request, int seconds) {
        CompletableFuture<HttpResponse<String>> response = HTTP.sendAsync(request, BodyHandlers.ofString());
        try {
            return answer(response.get(seconds, TimeUnit.SECONDS));
        } catch (ExecutionException | TimeoutException noWholeAnswer) {
            response.cancel(true);
            return null;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns what was answered; null if its head was cut, so that nothing says how long its body is. */
    private static @Nullable Answer answer(HttpResponse<String> response) {
        boolean whole = response.headers().firstValue("Content-Length").isPresent()
                || response.headers().firstValue("Transfer-Encoding").isPresent()
                || response.statusCode() == 204
                || response.statusCode() == 304;
        return whole
                ? new Answer(
                        response.statusCode(),
                        response.body(),
                        response.headers().firstValue("ETag").orElse(null),
                        response.headers().firstValue("Retry-After").isPresent())
                : null;
    }

    /**
     * Listens to a job's stream of events and returns the tag of the last one; null after the end of the job.
     *
     * @param stop whether to leave at the next line
     */
    @Nullable
    String listen(String job, @Nullable String last, java.util.function.BooleanSupplier stop) {
        Request request = Request.read(Kind.STREAM, job).header("Accept", "text/event-stream");
        if (last != null) {
            request = request.header("Last-Event-ID", last);
        }
        Node node = anyNode();
        String id = nextId();
        Listening listening = new Listening(event(request, node, id), last);
        try {
            HttpResponse<InputStream> response = HTTP.sendAsync(
                            http(request, node.url(false), id, PATIENCE), BodyHandlers.ofInputStream())
                    .get(PATIENCE + 2L, TimeUnit.SECONDS);
            listening.status = response.statusCode();
            try (InputStream body = response.body()) {
                var closing = CompletableFuture.delayedExecutor(STREAM_SECONDS, TimeUnit.SECONDS);
                closing.execute(() -> close(body));
                listening.read(body, stop);
            }
        } catch (IOException | ExecutionException | TimeoutException cut) {
            listening.end = listening.end.equals("told") ? "told" : "cut";
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return listening.finish();
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (IOException e) { // closed already
        }
    }

    /** A stream that is open. */
    private final class Listening {
        private final Event stream;
        private final long began = history.now();
        private long previous = began;
        private @Nullable String tag;
        private int status;
        private String end = "open";

        Listening(Event stream, @Nullable String tag) {
            this.stream = stream;
            this.tag = tag;
        }

        void read(InputStream body, java.util.function.BooleanSupplier stop) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null && status == 200; line = lines.readLine()) {
                if (line.startsWith("id:")) {
                    tag = line.substring(3).strip();
                } else if (line.startsWith("data:")) {
                    told(line.substring(5).strip());
                }
                if (stop.getAsBoolean()) {
                    return;
                }
            }
            if (end.equals("open") && history.now() - began < (STREAM_SECONDS - 1) * 1_000_000L) {
                end = "cut"; // by the server, which was stopped perhaps
            }
        }

        private void told(String data) {
            long now = history.now();
            Event told = new Event(
                    Kind.TOLD, stream.node(), stream.request(), stream.job(), 0, previous, now, null, Map.of());
            history.add(told.withAnswer(new Answer(200, data, tag, false)));
            previous = now;
            if (!data.contains("\"status\":\"PENDING\"")) {
                end = "told";
            }
        }

        @Nullable
        String finish() {
            history.add(stream.withTimes(began, history.now())
                    .withAnswer(status == 0 ? null : new Answer(status, "", null, false))
                    .withDetail(Event.STREAM, end));
            return end.equals("told") || status == 204 || status == 404 ? null : String.valueOf(tag);
        }
    }
}
