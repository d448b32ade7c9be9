package dev.asyncjob.ui;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Debian's Chromium, driven by the protocol WebDriver (W3C) without a library for it: a session of a new profile, in a
 * window of its own, without a screen.
 */
final class Browser implements AutoCloseable {
    static final String ENTER = "\uE007";
    static final String TAB = "\uE004";

    /** The argument of a browser in which pages run no script. */
    static final String WITHOUT_SCRIPTS = "--blink-settings=scriptEnabled=false";

    private static final JsonMapper JSON = new JsonMapper();
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern STARTED = Pattern.compile("started successfully on port ([0-9]+)");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process driver;
    private final String root;
    private final String session;
    private final boolean hasScripts;

    /** Where programs of the browser are; empty with what is missing printed. */
    static Optional<String> missing() {
        return Stream.of("chromium", "chromedriver")
                .filter(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .noneMatch(folder -> Files.isExecutable(Path.of(folder, name))))
                .findFirst()
                .map(name -> name + " is not installed: the page was not tested in a browser");
    }

    /**
     * Starts a browser.
     *
     * @param arguments of Chromium, beside those that it needs without a screen
     */
    Browser(String... arguments) {
        hasScripts = !List.of(arguments).contains(WITHOUT_SCRIPTS);
        try {
            driver = new ProcessBuilder("chromedriver", "--port=0")
                    .redirectErrorStream(true)
                    .start();
            root = "http://127.0.0.1:" + port();
            List<String> all = new ArrayList<>(List.of(
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--window-size=1200,900",
                    "--force-color-profile=srgb"));
            all.addAll(List.of(arguments));
            JsonNode made = call(
                    "POST",
                    "/session",
                    Map.of(
                            "capabilities",
                            Map.of(
                                    "alwaysMatch",
                                    Map.of(
                                            "browserName",
                                            "chrome",
                                            "goog:loggingPrefs",
                                            Map.of("browser", "ALL"),
                                            "goog:chromeOptions",
                                            Map.of("args", all)))));
            session = "/session/" + made.get("sessionId").textValue();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private int port() throws IOException {
        var lines = driver.inputReader();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher started = STARTED.matcher(line);
            if (started.find()) {
                Thread rest = new Thread(() -> lines.lines().forEach(unread -> {}), "chromedriver-output");
                rest.setDaemon(true);
                rest.start();
                return Integer.parseInt(started.group(1));
            }
        }
        throw new AssertionError("chromedriver ended");
    }

    private JsonNode call(String method, String path, Object body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(root + path))
                    .timeout(Duration.ofMinutes(2))
                    .method(
                            method,
                            method.equals("POST")
                                    ? HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body))
                                    : HttpRequest.BodyPublishers.noBody())
                    .build();
            long begun = System.nanoTime();
            while (true) {
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                JsonNode value = JSON.readTree(response.body()).get("value");
                if (response.statusCode() == 200) {
                    return value;
                }
                if (!isNotDone(value) || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw new AssertionError(method + " " + path + ": " + value);
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Soon after a navigation the driver may still ask the page of before, which refuses the command. */
    private static boolean isNotDone(JsonNode error) {
        return error.path("message").asText().contains("Not attached to an active page");
    }

    /** Loads a page and waits until it is drawn: before, it may have no size, and Chromium drops keys and pictures. */
    void open(String url) {
        call("POST", session + "/url", Map.of("url", url));
        if (hasScripts) {
            awaitDrawn();
        }
    }

    /** Has pages see that the reader prefers dark colours, or light ones. */
    void dark(boolean prefers) {
        call(
                "POST",
                session + "/goog/cdp/execute",
                Map.of(
                        "cmd",
                        "Emulation.setEmulatedMedia",
                        "params",
                        Map.of(
                                "features",
                                List.of(Map.of("name", "prefers-color-scheme", "value", prefers ? "dark" : "light")))));
    }

    /** Gives pages a width in CSS pixels, like a phone or a great zoom; 0 for that of the window. */
    void narrow(int width) {
        Map<String, Object> metrics = Map.of("width", width, "height", 0, "deviceScaleFactor", 0, "mobile", false);
        call(
                "POST",
                session + "/goog/cdp/execute",
                Map.of("cmd", "Emulation.setDeviceMetricsOverride", "params", metrics));
    }

    void back() {
        call("POST", session + "/back", Map.of());
    }

    String url() {
        return call("GET", session + "/url", Map.of()).textValue();
    }

    /** Runs a script of the test; the policy of the page does not hold for it. */
    JsonNode run(String script, Object... arguments) {
        return call("POST", session + "/execute/sync", Map.of("script", script, "args", arguments));
    }

    /** Runs a script that returns a promise. */
    JsonNode runAsync(String script) {
        return call("POST", session + "/execute/async", Map.of("script", script, "args", List.of()));
    }

    private String element(String css) {
        return call("POST", session + "/element", Map.of("using", "css selector", "value", css))
                .get(ELEMENT)
                .textValue();
    }

    void click(String css) {
        call("POST", session + "/element/" + element(css) + "/click", Map.of());
    }

    void type(String css, String text) {
        call("POST", session + "/element/" + element(css) + "/value", Map.of("text", text));
    }

    /** Presses a key where the focus is, on a page that is drawn. */
    void press(String key) {
        awaitDrawn();
        Map<String, Object> keys = Map.of(
                "type",
                "key",
                "id",
                "keyboard",
                "actions",
                List.of(Map.of("type", "keyDown", "value", key), Map.of("type", "keyUp", "value", key)));
        call("POST", session + "/actions", Map.of("actions", List.of(keys)));
    }

    /** What the reader sees. */
    String text() {
        return run("return document.body.innerText").textValue();
    }

    /** What the focus is on: the text of the element, or its name. */
    String focused() {
        return run("const e = document.activeElement; return e.innerText || e.name || e.id || e.localName")
                .textValue()
                .strip();
    }

    /** Messages of the browser since the last call, violations of the policy among them. */
    List<String> log() {
        List<String> messages = new ArrayList<>();
        call("POST", session + "/se/log", Map.of("type", "browser"))
                .forEach(entry -> messages.add(entry.get("message").textValue()));
        return messages;
    }

    /** Waits until something holds of the page. */
    <T> T await(Supplier<Optional<T>> condition) {
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < PATIENCE.toNanos()) {
            Optional<T> found = condition.get();
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new AssertionError("in vain: " + url() + "\n" + text());
    }

    void await(String text) {
        var unused = await(() -> Optional.of(text()).filter(seen -> seen.contains(text)));
    }

    private void awaitDrawn() {
        var unused = runAsync("requestAnimationFrame(() => requestAnimationFrame(() => arguments[0](0)))");
    }

    byte[] screenshot() {
        return Base64.getDecoder()
                .decode(call("GET", session + "/screenshot", Map.of()).textValue());
    }

    @Override
    public void close() {
        try {
            call("DELETE", session, Map.of());
        } finally {
            driver.destroy();
        }
    }
}
