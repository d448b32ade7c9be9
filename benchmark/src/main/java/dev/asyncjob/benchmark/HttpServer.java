package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A server in a separate process.
 *
 * @param headers the headers of each request, also for servers that ignore them
 */
record HttpServer(JavaProcess process, int port, String headers) implements Closeable {
    /** Credentials for servers that check none, so that requests to all servers have the same length. */
    private static final String UNCHECKED =
            "Authorization: Bearer ajt_%1$s\r\napi-key: ajk_%1$s\r\n".formatted("0".repeat(49));

    /** Starts a class of this module that prints its port. */
    static HttpServer main(Path java, Class<?> main, String... arguments) throws IOException {
        JavaProcess process = JavaProcess.main(java, main, List.of(), arguments);
        return new HttpServer(process, Integer.parseInt(process.await("ready ")), UNCHECKED);
    }

    /**
     * Starts asyncjob's jar with one registered client. The settings are the defaults except for the database, free
     * ports and no limit of the request rate.
     */
    static HttpServer asyncjob(Path java, Path jar, String databaseUrl, Map<String, String> settings)
            throws IOException, InterruptedException {
        Path clients = Scratch.newFolder("clients").resolve("clients.json");
        Map<String, String> environment = new HashMap<>(Map.of(
                "ASYNCJOB_AUTH_CLIENTS_FILE", clients.toString(),
                "ASYNCJOB_DB_URL", databaseUrl,
                "ASYNCJOB_HTTP_PORT", "0",
                "ASYNCJOB_MANAGEMENT_PORT", "0",
                "ASYNCJOB_HTTP_REQUESTS_PER_SECOND", "0"));
        environment.putAll(settings);
        String headers;
        try (JavaProcess add =
                JavaProcess.jar(java, jar, environment, "client", "add", Jobs.OWNER, "--scopes", "composition:read")) {
            List<String> words = List.of(add.output().split("\\s+"));
            headers = "Authorization: Bearer %s\r\napi-key: %s\r\n"
                    .formatted(words.get(words.indexOf("token:") + 1), words.get(words.indexOf("api-key:") + 1));
        }
        JavaProcess process = JavaProcess.jar(java, jar, environment, "serve");
        String url = process.await("asyncjob ready ").replaceFirst(" .*", "");
        return new HttpServer(process, URI.create(url).getPort(), headers);
    }

    /** Returns the length of the response body for the first of these jobs. */
    int bodyLength(Path ids) throws IOException, InterruptedException {
        String id = Files.readString(ids).substring(0, 36);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + Reads.PATH_BEFORE_ID + id));
        headers.lines().map(line -> line.split(": ")).forEach(header -> request.header(header[0], header[1]));
        HttpResponse<byte[]> response =
                HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IllegalStateException("unexpected status " + response.statusCode());
        }
        return response.body().length;
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
