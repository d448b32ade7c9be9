package dev.asyncjob.http;

import dev.asyncjob.http.internal.access.ClientAddress;
import dev.asyncjob.http.internal.access.RateLimiter;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.settings.HttpSettings;
import io.github.bucket4j.TimeMeter;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.jspecify.annotations.Nullable;

/**
 * Health checks and documentation, without authentication. Safe for use from any thread.
 *
 * <p>{@code GET /health/live} is 200 while the server can respond; {@code GET /health/ready} is 503 while it cannot do
 * its work. {@code GET /openapi.yaml} describes the API. {@code GET /docs} is a page that shows the description; it
 * exists only if the WebJar {@code org.webjars:swagger-ui} is on the class path. The setting {@code docs} switches both
 * off.
 */
public final class ServiceApi extends Api {
    /** The page runs only its own scripts and connects only to its own server. */
    private static final HttpField CONTENT_SECURITY_POLICY = new PreEncodedHttpField(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; "
                    + "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    /** Documents for one address at once, with a tenth of it each second: they are large and need no credentials. */
    private static final int DOCUMENT_BURST = 100;

    /** The answers of a health check: one word, no detail. */
    private static final Answer UP = Answer.json(200, "{\"status\":\"UP\"}".getBytes(StandardCharsets.UTF_8));

    private static final Answer DOWN = Answer.json(503, "{\"status\":\"DOWN\"}".getBytes(StandardCharsets.UTF_8));

    private final String basePath;
    private final ClientAddress addresses;
    private final RateLimiter documents = new RateLimiter("documents", DOCUMENT_BURST, TimeMeter.SYSTEM_NANOTIME);

    /**
     * Serves health checks and documents.
     *
     * @param ready whether the service can do its work at the moment; called once per request
     * @param settings the base path and limits
     * @param others the other plugins that are served; the description contains their methods and no others
     */
    public ServiceApi(BooleanSupplier ready, HttpSettings settings, List<Api> others) {
        this(ready, settings, others, new String(read("/docs/swagger-ui.path"), StandardCharsets.UTF_8).strip());
    }

    /** Serves the same; {@code swaggerUi} is the folder of the WebJar's files on the class path. */
    ServiceApi(BooleanSupplier ready, HttpSettings settings, List<Api> others, String swaggerUi) {
        basePath = settings.basePath();
        addresses = new ClientAddress(settings.limits().trusted());
        Set<String> roots = new TreeSet<>(List.of("", basePath)); // probes do not come through the gateway
        for (String root : roots) {
            routes().add(HandlerType.GET, root + "/health/live", HttpExchange.of(ctx -> health(ctx, true)));
            routes().add(
                            HandlerType.GET,
                            root + "/health/ready",
                            HttpExchange.of(ctx -> health(ctx, ready.getAsBoolean())));
        }
        if (settings.docs()) {
            addDocuments(settings, others, swaggerUi);
        }
    }

    private void addDocuments(HttpSettings settings, List<Api> others, String swaggerUi) {
        add("/openapi.yaml", "application/yaml; charset=utf-8", () -> document(settings, others));
        if (ServiceApi.class.getResource(swaggerUi + "swagger-ui.css") != null) {
            addResource("/docs", "/docs/index.html", "text/html;charset=utf-8");
            addResource("/docs/init.js", "/docs/init.js", "text/javascript; charset=utf-8");
            addResource("/docs/swagger-ui.css", swaggerUi + "swagger-ui.css", "text/css; charset=utf-8");
            addResource(
                    "/docs/swagger-ui-bundle.js", swaggerUi + "swagger-ui-bundle.js", "text/javascript; charset=utf-8");
        }
    }

    private void addResource(String path, String resource, String contentType) {
        add(path, contentType, () -> read(resource));
    }

    private void add(String path, String contentType, Supplier<byte[]> source) {
        Document document = new Document(contentType, source);
        routes().add(HandlerType.GET, basePath + path, HttpExchange.of(ctx -> {
            documents.count(addresses.of(HttpExchange.request(ctx)));
            HttpExchange.write(ctx, document.answer(HttpExchange.headers(ctx, "If-None-Match")));
        }));
    }

    private static void health(Context ctx, boolean healthy) {
        HttpExchange.write(ctx, healthy ? UP : DOWN);
    }

    /** A document that does not change while the server runs; it is read at the first request for it. */
    private static final class Document {
        private final String contentType;
        private final Supplier<byte[]> source;
        private @Nullable EntityTag tag;
        private @Nullable Answer answer;

        Document(String contentType, Supplier<byte[]> source) {
            this.contentType = contentType;
            this.source = source;
        }

        /** Synchronized, so that hundreds of first requests do not read a copy each. */
        synchronized Answer answer(List<String> ifNoneMatch) {
            if (tag == null || answer == null) {
                byte[] bytes = source.get();
                tag = EntityTag.of(bytes);
                List<HttpField> fields = List.of(
                        new HttpField(HttpHeader.ETAG, tag.value()),
                        CONTENT_SECURITY_POLICY,
                        new HttpField(HttpHeader.CACHE_CONTROL, "no-cache"));
                answer = new Answer(200, fields, Answer.contentType(contentType), bytes);
            }
            return tag.isNamedBy(ifNoneMatch) ? answer.notModified() : answer;
        }
    }

    private byte[] document(HttpSettings settings, List<Api> others) {
        Set<String> served = new TreeSet<>(routes().names());
        others.forEach(api -> served.addAll(api.routes().names()));
        String whole = new String(read("/openapi.yaml"), StandardCharsets.UTF_8);
        return OpenApiDocument.of(whole, settings, served).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] read(String resource) {
        try (InputStream in = ServiceApi.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("missing on the class path: " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
