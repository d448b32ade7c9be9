package dev.asyncjob.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts a table of routes into a Javalin so that each path answers every method: HEAD as GET does, OPTIONS with what is
 * allowed, all others with 405 (RFC 9110 section 15.5.6). Javalin alone answers HEAD without asking the GET handler.
 */
final class Routes {
    private static final List<HandlerType> METHODS = HandlerType.commonHttp();

    private final Map<String, Map<HandlerType, Handler>> table = new LinkedHashMap<>();

    Routes add(HandlerType method, String path, Handler handler) {
        Map<HandlerType, Handler> methods = table.computeIfAbsent(path, p -> new LinkedHashMap<>());
        methods.put(method, handler);
        if (method.equals(HandlerType.GET)) {
            methods.put(HandlerType.HEAD, handler);
        }
        return this;
    }

    /** Each route as {@code GET /path}, in the order of the table. */
    List<String> names() {
        return table.entrySet().stream()
                .flatMap(path -> path.getValue().keySet().stream().map(method -> method + " " + path.getKey()))
                .toList();
    }

    /** The templates of all paths. */
    Set<String> paths() {
        return table.keySet();
    }

    void putInto(RoutesConfig javalin) {
        table.forEach((path, methods) -> {
            methods.forEach((method, handler) -> javalin.addHttpHandler(method, path, handler));
            List<HandlerType> refused = new ArrayList<>(METHODS);
            refused.removeAll(methods.keySet());
            refused.remove(HandlerType.OPTIONS);
            String allow = String.join(
                    ", ", methods.keySet().stream().map(HandlerType::name).toList());
            for (HandlerType method : refused) {
                javalin.addHttpHandler(method, path, Exchange.of(ctx -> {
                    throw ApiError.methodNotAllowed(allow);
                }));
            }
            javalin.addHttpHandler(HandlerType.OPTIONS, path, Exchange.of(ctx -> {
                ctx.header("Allow", allow + ", OPTIONS");
                ctx.status(204);
                ctx.res().setContentType(null);
            }));
        });
    }
}
