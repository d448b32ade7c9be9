package dev.asyncjob.http;

import dev.asyncjob.http.internal.access.ClientAddress;
import dev.asyncjob.http.internal.access.RateLimiter;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.settings.HttpSettings;
import io.github.bucket4j.TimeMeter;
import io.javalin.http.Context;
import io.javalin.http.Handler;
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
import org.jspecify.annotations.Nullable;

/**
 * What a server tells everybody, without authentication: its health, and its documentation. Thread-safe.
 *
 * <p>{@code GET /health/live} is 200 as long as it can answer; {@code GET /health/ready} is 503 while it cannot do its
 * work; {@code GET /openapi.yaml} is the API's description and {@code GET /docs} the same, readable, from the server
 * itself.
 */
public final class ServiceApi extends Api {
    private static final String SWAGGER_UI = "/META-INF/resources/webjars/swagger-ui/5.30.2/";

    /** The page runs its own scripts only and talks to its own server only. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; "
            + "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** Documents that one address may have at once, with a tenth of it each second: they are large, and for nothing. */
    private static final int DOCUMENTS_AT_ONCE = 100;

    private final String basePath;
    private final ClientAddress addresses;
    private final RateLimiter documents = new RateLimiter("documents", DOCUMENTS_AT_ONCE, TimeMeter.SYSTEM_NANOTIME);

    /**
     * @param ready whether the service can do its work just now; asked once per request
     * @param settings under which paths
     * @param others what else is served; the documents tell of that and of nothing more
     */
    public ServiceApi(BooleanSupplier ready, HttpSettings settings, List<Api> others) {
        super(new Routes());
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
        add("/openapi.yaml", new Page("application/yaml; charset=utf-8", () -> document(settings, others)));
        addResource("/docs", "/docs/index.html", "text/html; charset=utf-8");
        addResource("/docs/init.js", "/docs/init.js", "text/javascript; charset=utf-8");
        addResource("/docs/swagger-ui.css", SWAGGER_UI + "swagger-ui.css", "text/css; charset=utf-8");
        addResource(
                "/docs/swagger-ui-bundle.js", SWAGGER_UI + "swagger-ui-bundle.js", "text/javascript; charset=utf-8");
    }

    private void add(String path, Handler document) {
        routes().add(HandlerType.GET, basePath + path, HttpExchange.of(ctx -> {
            documents.count(addresses.of(ctx));
            document.handle(ctx);
        }));
    }

    private static void health(Context ctx, boolean well) {
        ctx.status(well ? 200 : 503);
        ctx.header("Cache-Control", "no-store");
        HttpExchange.body(ctx, Errors.JSON, JobJson.health(well ? "UP" : "DOWN"));
    }

    private void addResource(String path, String resource, String contentType) {
        add(path, new Page(contentType, () -> read(resource)));
    }

    /** A document that never changes while the server runs: read once, when first asked for, and known by its tag. */
    private static final class Page implements Handler {
        private final String contentType;
        private final Supplier<byte[]> source;
        private byte @Nullable [] read;
        private @Nullable EntityTag tag;

        Page(String contentType, Supplier<byte[]> source) {
            this.contentType = contentType;
            this.source = source;
        }

        private synchronized byte[] bytes() {
            if (read == null) { // by one for all: hundreds may ask at once, and each would keep a copy
                read = source.get();
            }
            return read;
        }

        private synchronized EntityTag tag(byte[] bytes) {
            if (tag == null) {
                tag = EntityTag.of(bytes);
            }
            return tag;
        }

        @Override
        public void handle(Context ctx) {
            byte[] bytes = bytes();
            EntityTag known = tag(bytes);
            ctx.header("ETag", known.value());
            ctx.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
            ctx.header("Cache-Control", "no-cache");
            if (known.isNamedBy(HttpExchange.headers(ctx, "If-None-Match"))) {
                HttpExchange.notModified(ctx, bytes.length);
            } else {
                HttpExchange.body(ctx, contentType, bytes);
            }
        }
    }

    private byte[] document(HttpSettings settings, List<Api> others) {
        Set<String> served = new TreeSet<>(routes().paths());
        others.forEach(api -> served.addAll(api.routes().paths()));
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
