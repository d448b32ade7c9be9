package dev.asyncjob.bootstrap;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.JavaProcess;
import java.io.IOException;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The built jar in another process, on free ports, and requests to it over HTTP. */
public final class ServerProcess implements AutoCloseable {
    static final String TOKEN = "planted-token";
    static final String API_KEY = "planted-api-key";
    static final Path JAR = Path.of("target", "asyncjob.jar").toAbsolutePath();

    static {
        // Shorter than the server's limit of idle time, so that no request meets the close of its connection.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
    }

    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private static final String READY = "asyncjob ready ";
    private static final String MANAGEMENT = "asyncjob management ";
    private static final AtomicInteger STARTED = new AtomicInteger();

    /** The classes of an earlier run (AppCDS), with which a server starts in half the time. */
    private static final Path ARCHIVE = Path.of("target", "it.jsa").toAbsolutePath();

    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration END_LIMIT = Duration.ofSeconds(30);

    private final JavaProcess process;
    private final Path log;

    private ServerProcess(JavaProcess process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts {@code java -jar asyncjob.jar COMMAND} and waits for its ready lines. */
    public static ServerProcess start(Path folder, String command, Map<String, String> environment) {
        archiveClasses(folder);
        return start(folder, List.of("-XX:SharedArchiveFile=" + ARCHIVE), command, environment);
    }

    /** Archives the classes of one run that answers and ends, for this jar and for all processes that test it. */
    private static synchronized void archiveClasses(Path folder) {
        try (FileChannel file = FileChannel.open(ARCHIVE.resolveSibling("it.lock"), CREATE, WRITE);
                FileLock lock = file.lock()) {
            if (lock.isValid() && ARCHIVE.toFile().lastModified() < JAR.toFile().lastModified()) {
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

    /** Does the same with options of the JVM. */
    public static ServerProcess start(
            Path folder, List<String> options, String command, Map<String, String> environment) {
        return start(command(folder, environment, command).options(options.toArray(String[]::new)));
    }

    /** Does the same with a limit of the size of each file that it writes, until the test raises the limit. */
    static ServerProcess startWithFilesUpTo(int bytes, Path folder, String command, Map<String, String> environment) {
        String limit = "ulimit -S -f %d; exec \"$@\"".formatted(bytes / 512); // POSIX counts blocks of 512 bytes
        return start(command(folder, environment, command).through("sh", "-c", limit, "sh"));
    }

    /** Does the same with standard error written to a named pipe. */
    static ServerProcess startWithErrorsTo(Path pipe, Path folder, String command, Map<String, String> environment) {
        String redirect = "exec \"$@\" 2> \"$0\"";
        return start(command(folder, environment, command).through("sh", "-c", redirect, pipe.toString()));
    }

    private static ServerProcess start(JavaProcess.Command command) {
        Path log = newLog();
        JavaProcess process = command.errorsTo(log).start();
        ServerProcess server = new ServerProcess(process, log);
        try {
            process.awaitLine(line -> line.contains(MANAGEMENT), START_LIMIT); // the last of the ready lines
        } catch (AssertionError e) {
            process.close();
            throw new AssertionError(e.getMessage() + server.log(), e);
        }
        return server;
    }

    private static Path newLog() {
        Path logs = Path.of("target", "server-logs").toAbsolutePath();
        logs.toFile().mkdirs();
        return logs.resolve(ProcessHandle.current().pid() + "-" + STARTED.incrementAndGet() + ".log");
    }

    /** Describes a process of the jar whose only settings are those of the tests and the given ones. */
    static JavaProcess.Command command(Path folder, Map<String, String> environment, String... arguments) {
        return JavaProcess.of(JAR, arguments)
                .folder(folder)
                .withoutEnvironment("ASYNCJOB_")
                .withoutEnvironment("OTEL_")
                .environment(Map.of(
                        "ASYNCJOB_HTTP_PORT",
                        "0",
                        "ASYNCJOB_MANAGEMENT_PORT",
                        "0",
                        "ASYNCJOB_SANDBOX_TOKEN",
                        TOKEN,
                        "ASYNCJOB_SANDBOX_API_KEY",
                        API_KEY))
                .environment(environment);
    }

    /** What a command has returned and written, each line with its end. */
    record Ended(int exitCode, String output, String errors) {}

    /** Runs a command of the jar to its end. */
    static Ended run(Path folder, Map<String, String> environment, String... arguments) {
        Path errors = newLog();
        try (JavaProcess process =
                command(folder, environment, arguments).errorsTo(errors).start()) {
            String output =
                    process.remainingLines().stream().map(line -> line + "\n").collect(Collectors.joining());
            return new Ended(process.waitFor(START_LIMIT), output, Files.readString(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what it has written to standard output. */
    String output() {
        return String.join("\n", process.lines());
    }

    /** Returns what it has written to standard error. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the same when it contains these texts, or after a while: lines are written after the responses. */
    String logWith(String... texts) {
        return Eventually.answer(END_LIMIT, this::log, log -> Stream.of(texts).allMatch(log::contains));
    }

    public String url() {
        return wordAfter(READY);
    }

    public String managementUrl() {
        return wordAfter(MANAGEMENT);
    }

    private String wordAfter(String prefix) {
        return process.lines().stream()
                .filter(line -> line.contains(prefix))
                .map(line ->
                        line.substring(line.indexOf(prefix) + prefix.length()).replaceFirst("[ \"].*", ""))
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

    /** Does the same as another client. */
    HttpResponse<String> as(Credentials client, String method, String path, String json, String... headers) {
        return send(withBody(authorized(client, path, headers), method, json));
    }

    private static HttpRequest.Builder withBody(HttpRequest.Builder request, String method, String json) {
        return json.isEmpty()
                ? request.method(method, HttpRequest.BodyPublishers.noBody())
                : request.header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(json));
    }

    /** The secrets of a client. */
    public record Credentials(String token, String apiKey) {}

    /** Adds a client to the file that the environment names. */
    public static Credentials addClient(Path folder, Map<String, String> environment, String name, String scopes) {
        List<String> words = List.of(run(folder, environment, "client", "add", name, "--scopes", scopes)
                .output()
                .split("\\s+"));
        return new Credentials(words.get(words.indexOf("token:") + 1), words.get(words.indexOf("api-key:") + 1));
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

    /** Kills it, as {@code kill -9} does, and waits for its end. */
    public void kill() {
        process.kill();
        process.waitFor(END_LIMIT);
    }

    /** Suspends it, by SIGSTOP. */
    public void suspend() {
        process.suspend();
    }

    /** Resumes it after {@link #suspend()}. */
    public void resume() {
        process.resume();
    }

    /** Returns whether it is running. */
    public boolean isRunning() {
        return process.isRunning();
    }

    /** Asks it to stop, by SIGTERM, and does not wait. */
    public void terminate() {
        process.terminate();
    }

    /** Asks it to stop, by SIGTERM, and returns its exit code. */
    public int stop() {
        terminate();
        return awaitEnd();
    }

    /** Returns its exit code, once it has ended. */
    public int awaitEnd() {
        return process.waitFor(END_LIMIT);
    }

    /** Kills it, after a check that its metrics contain no secret of the tests, and checks its log. */
    @Override
    public void close() {
        if (process.isRunning()) {
            try {
                Leaks.assertNoSecretIn(metrics(), "metrics");
            } finally {
                kill();
            }
        }
        Leaks.assertNoSecretIn(log(), "the log");
    }

    public long pid() {
        return process.pid();
    }

    /** Returns its threads, as the JDK's jcmd prints them. */
    String threads() throws IOException {
        return jcmd("Thread.print");
    }

    /** Returns what the JDK's jcmd prints for a command. */
    String jcmd(String command) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        Process tool = new ProcessBuilder(jcmd, Long.toString(process.pid()), command).start();
        return new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Returns its metrics, from the management port. */
    public String metrics() {
        return send(HttpRequest.newBuilder(URI.create(managementUrl() + "/metrics")))
                .body();
    }
}
