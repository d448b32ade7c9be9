package dev.asyncjob.http.internal.exchange;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A table of routes in which each path answers every method: HEAD like GET, OPTIONS with the allowed methods, all
 * others with 405 (RFC 9110 section 15.5.6). Javalin alone answers HEAD without calling the handler of GET.
 */
public final class Routes {
    private static final List<HandlerType> METHODS = HandlerType.commonHttp();

    private final Map<String, Map<HandlerType, Handler>> table = new LinkedHashMap<>();

    /** Adds a route; a GET is a HEAD as well. */
    public Routes add(HandlerType method, String path, Handler handler) {
        Map<HandlerType, Handler> methods = table.computeIfAbsent(path, p -> new LinkedHashMap<>());
        methods.put(method, handler);
        if (method.equals(HandlerType.GET)) {
            methods.put(HandlerType.HEAD, handler);
        }
        return this;
    }

    /** Each route as {@code GET /path}, in the order of the table. */
    public List<String> names() {
        return table.entrySet().stream()
                .flatMap(path -> path.getValue().keySet().stream().map(method -> method + " " + path.getKey()))
                .toList();
    }

    /** The templates of all paths. */
    public Set<String> paths() {
        return table.keySet();
    }

    /** Adds the routes to Javalin, and the refusals of those paths that are not templates. */
    public void addTo(RoutesConfig javalin) {
        table.forEach((path, methods) -> {
            methods.forEach((method, handler) -> javalin.addHttpHandler(method, path, handler));
            if (!isTemplate(path)) {
                refuseOthers(javalin, path, methods.keySet());
            }
        });
    }

    /** Adds the refusals of templates to Javalin; after all routes, because a template also matches paths of others. */
    public void addRefusalsTo(RoutesConfig javalin) {
        table.forEach((path, methods) -> {
            if (isTemplate(path)) {
                refuseOthers(javalin, path, methods.keySet());
            }
        });
    }

    private static boolean isTemplate(String path) {
        return path.contains("{");
    }

    private static void refuseOthers(RoutesConfig javalin, String path, Set<HandlerType> methods) {
        List<HandlerType> refused = new ArrayList<>(METHODS);
        refused.removeAll(methods);
        refused.remove(HandlerType.OPTIONS);
        String allow = String.join(", ", methods.stream().map(HandlerType::name).toList());
        for (HandlerType method : refused) {
            javalin.addHttpHandler(method, path, HttpExchange.of(ctx -> {
                throw ApiError.methodNotAllowed(allow);
            }));
        }
        javalin.addHttpHandler(HandlerType.OPTIONS, path, HttpExchange.of(ctx -> {
            ctx.header("Allow", allow + ", OPTIONS");
            HttpExchange.writeNoContent(ctx);
        }));
    }
}
