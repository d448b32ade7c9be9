package dev.asyncjob.bootstrap;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The built jar in a process of its own, on free ports, asked over HTTP as its users do. */
final class ServerProcess implements AutoCloseable {
    static final String TOKEN = "planted-token";
    static final String API_KEY = "planted-api-key";
    static final Path JAR = Path.of("target", "asyncjob.jar").toAbsolutePath();

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private static final AtomicInteger STARTED = new AtomicInteger();

    /** Classes of an earlier run (AppCDS), so that dozens of servers start in half the time. */
    private static final Path ARCHIVE = Path.of("target", "it.jsa").toAbsolutePath();

    private final Process process;
    private final Path log;
    private final List<String> output = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch ready = new CountDownLatch(2);

    private ServerProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        var unused = CompletableFuture.runAsync(() -> read(process));
    }

    /** Starts {@code java -jar asyncjob.jar COMMAND} and waits for its ready lines. */
    static ServerProcess start(Path folder, String command, Map<String, String> environment) {
        archiveClasses(folder);
        return start(folder, List.of("-XX:SharedArchiveFile=" + ARCHIVE), command, environment);
    }

    /** Keeps the classes of one run that answers and ends, for this jar and for all processes that test it. */
    private static synchronized void archiveClasses(Path folder) {
        try (FileChannel one = FileChannel.open(ARCHIVE.resolveSibling("it.lock"), CREATE, WRITE);
                FileLock alone = one.lock()) {
            if (alone.isValid()
                    && ARCHIVE.toFile().lastModified() < JAR.toFile().lastModified()) {
                ARCHIVE.toFile().delete();
                try (ServerProcess server =
                        start(folder, List.of("-XX:ArchiveClassesAtExit=" + ARCHIVE), "sandbox", Map.of())) {
                    server.sign("0daaad78-6cfb-11ea-9cd6-afab698838bc");
                    server.stop();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same with options for the JVM. */
    static ServerProcess start(Path folder, List<String> options, String command, Map<String, String> environment) {
        return start(folder, List.of(), options, command, environment);
    }

    /** The same with no file written beyond so many bytes, until that is taken back. */
    static ServerProcess startWithFilesUpTo(int bytes, Path folder, String command, Map<String, String> environment) {
        String limit = "ulimit -S -f %d; exec \"$@\"".formatted(bytes / 512); // POSIX counts so
        return start(folder, List.of("sh", "-c", limit, "sh"), List.of(), command, environment);
    }

    private static ServerProcess start(
            Path folder, List<String> prefix, List<String> options, String command, Map<String, String> environment) {
        Path logs = Path.of("target", "server-logs").toAbsolutePath();
        logs.toFile().mkdirs();
        Path log = logs.resolve(ProcessHandle.current().pid() + "-" + STARTED.incrementAndGet() + ".log");
        ServerProcess server = new ServerProcess(
                launch(folder, prefix, options, environment, ProcessBuilder.Redirect.to(log.toFile()), command), log);
        try {
            if (!server.ready.await(60, TimeUnit.SECONDS)) {
                server.kill();
                throw new AssertionError("no ready line within a minute, but: " + server.output() + server.log());
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return server;
    }

    /** Starts the jar with a clean environment; the caller reads what it writes. */
    static Process launch(Path folder, Map<String, String> environment, String... arguments) {
        return launch(folder, List.of(), List.of(), environment, ProcessBuilder.Redirect.PIPE, arguments);
    }

    private static Process launch(
            Path folder,
            List<String> prefix,
            List<String> options,
            Map<String, String> environment,
            ProcessBuilder.Redirect errors,
            String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(options);
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors);
        builder.environment().keySet().removeIf(name -> name.startsWith("ASYNCJOB_"));
        builder.environment()
                .putAll(Map.of(
                        "ASYNCJOB_HTTP_PORT",
                        "0",
                        "ASYNCJOB_MANAGEMENT_PORT",
                        "0",
                        "ASYNCJOB_SANDBOX_TOKEN",
                        TOKEN,
                        "ASYNCJOB_SANDBOX_API_KEY",
                        API_KEY));
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Process from) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.add(line);
                if (line.startsWith("asyncjob ready ") || line.startsWith("asyncjob management ")) {
                    ready.countDown();
                }
            }
        } catch (IOException e) {
            output.add("cannot read further: " + e);
        }
    }

    String output() {
        return String.join("\n", List.copyOf(output));
    }

    /** What it has written to standard error. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return word("asyncjob ready ");
    }

    String managementUrl() {
        return word("asyncjob management ");
    }

    private String word(String prefix) {
        return List.copyOf(output).stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()).replaceFirst(" .*", ""))
                .findFirst()
                .orElseThrow();
    }

    HttpResponse<String> get(String path, String... headers) {
        return send(authorized(path, headers).GET());
    }

    HttpResponse<String> sign(String compositionId) {
        return send(authorized("/patients/composition/" + compositionId + "/sign", "Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"data\":\"c2lnbmVk\"}")));
    }

    HttpResponse<String> status(String jobId, String... headers) {
        return get("/patients/composition/job/" + jobId, headers);
    }

    HttpResponse<String> post(String path, String json, String... headers) {
        return send("POST", path, json, headers);
    }

    /** Sends a JSON body, or none if it is empty. */
    HttpResponse<String> send(String method, String path, String json, String... headers) {
        return send(withBody(authorized(path, headers), method, json));
    }

    /** The same as another client. */
    HttpResponse<String> as(Credentials client, String method, String path, String json) {
        return send(withBody(authorized(client, path), method, json));
    }

    private static HttpRequest.Builder withBody(HttpRequest.Builder request, String method, String json) {
        return json.isEmpty()
                ? request.method(method, HttpRequest.BodyPublishers.noBody())
                : request.header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(json));
    }

    /** What a client was given. */
    record Credentials(String token, String apiKey) {}

    /** Adds a client to the file that the environment names. */
    static Credentials addClient(Path folder, Map<String, String> environment, String name, String scopes) {
        try {
            Process add = launch(folder, environment, "client", "add", name, "--scopes", scopes);
            String printed = new String(add.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            List<String> words = List.of(printed.split("\\s+"));
            return new Credentials(words.get(words.indexOf("token:") + 1), words.get(words.indexOf("api-key:") + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpRequest.Builder authorized(String path, String... headers) {
        return authorized(new Credentials(TOKEN, API_KEY), path, headers);
    }

    private HttpRequest.Builder authorized(Credentials client, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url() + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + client.token())
                .header("api-key", client.apiKey());
        return headers.length == 0 ? request : request.headers(headers);
    }

    static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Kills it as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** Asks it to stop, as SIGTERM does, and does not wait. */
    void tellToStop() {
        process.toHandle().destroy();
    }

    /** Asks it to stop, as SIGTERM does. */
    int stop() {
        process.destroy();
        return exitCode();
    }

    private int exitCode() {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new AssertionError("does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Ends it, and sees that nothing that tests keep secret stands in its log or metrics. */
    @Override
    public void close() {
        if (process.isAlive()) {
            try {
                Leaks.assertNoSecretIn(metrics(), "metrics");
            } finally {
                kill();
            }
        }
        Leaks.assertNoSecretIn(log(), "the log");
    }

    long pid() {
        return process.pid();
    }

    /** Its threads, as the JDK's own tool tells of them. */
    String threads() throws IOException {
        return jcmd("Thread.print");
    }

    /** What the JDK's own tool says to a command. */
    String jcmd(String command) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process tool = new ProcessBuilder(jcmd, Long.toString(process.pid()), command).start();
        return new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** What operators see. */
    String metrics() {
        return send(HttpRequest.newBuilder(URI.create(managementUrl() + "/metrics")))
                .body();
    }
}
