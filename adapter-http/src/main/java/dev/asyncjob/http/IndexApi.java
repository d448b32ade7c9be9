package dev.asyncjob.http;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.HandlerType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code GET /}: links to what is served, for readers who know only the address of a server. Without authentication,
 * and so without a version. A part of its own, since an application that mounts the others has a first page of its own.
 * Safe for use from any thread.
 */
public final class IndexApi extends Api {
    /**
     * Serves the page, also under the base path.
     *
     * @param basePath the prefix of every path, such as {@code /api}, or empty
     * @param paths names of what is served, such as {@code docs}, with the paths without the base path
     */
    public IndexApi(String basePath, Map<String, String> paths) {
        ObjectNode body = new JsonMapper().createObjectNode();
        ObjectNode links = body.putObject("data").put("service", "asyncjob").putObject("links");
        new TreeMap<>(paths).forEach((name, path) -> links.put(name, basePath + path));
        Answer answer = Answer.json(200, body.toString().getBytes(StandardCharsets.UTF_8));
        for (String root : new TreeSet<>(List.of("", basePath))) {
            routes().add(HandlerType.GET, root + "/", HttpExchange.of(ctx -> HttpExchange.write(ctx, answer)))
                    .share(root + "/");
        }
    }
}
