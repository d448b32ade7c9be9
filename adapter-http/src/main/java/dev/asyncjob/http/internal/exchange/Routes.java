package dev.asyncjob.http.internal.exchange;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.NotFoundResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.server.Request;

/**
 * A table of routes in which each path answers every method: HEAD like GET, OPTIONS with the allowed methods, all
 * others with 405 (RFC 9110 section 15.5.6). Javalin alone answers HEAD without calling the handler of GET.
 */
public final class Routes {
    private static final List<HandlerType> METHODS = HandlerType.commonHttp();

    /** What Javalin does where no route matches; {@link HttpExchange#of} would name the route in the log. */
    private static final Handler UNKNOWN = ctx -> {
        throw new NotFoundResponse();
    };

    private final Map<String, Map<HandlerType, Handler>> table = new LinkedHashMap<>();
    private final Map<String, Set<HandlerType>> hidden = new LinkedHashMap<>();

    /** A handler that can judge a request before its body is read. */
    public interface Admission extends Handler {
        /**
         * Checks what the handler will require of the request's head.
         *
         * @return fails with {@link ApiError} if the request is refused; completes later, on a thread of the server, if
         *     the identity provider must be asked
         */
        CompletableFuture<?> admit(Request request);
    }

    /** A route that judges requests: the template of its path, and what it requires. */
    public record Found(String template, Admission admission) {}

    /** The route of a request, as Javalin finds it, if it judges requests before their bodies are read. */
    public Optional<Found> find(String method, String path) {
        if (hiddenAt(path).contains(HandlerType.findOrCreate(method))) {
            return Optional.empty();
        }
        for (Map.Entry<String, Map<HandlerType, Handler>> route : table.entrySet()) {
            if (route.getValue().get(HandlerType.findOrCreate(method)) instanceof Admission admission
                    && matches(route.getKey(), path)) {
                return Optional.of(new Found(route.getKey(), admission));
            }
        }
        return Optional.empty();
    }

    private static boolean matches(String template, String path) {
        int at = 0;
        for (int i = 0; i < template.length(); i++) {
            if (template.charAt(i) == '{') {
                int end = path.indexOf('/', at) < 0 ? path.length() : path.indexOf('/', at);
                if (end == at) {
                    return false;
                }
                at = end;
                i = template.indexOf('}', i);
            } else if (at == path.length() || path.charAt(at++) != template.charAt(i)) {
                return false;
            }
        }
        return at == path.length();
    }

    /** Adds a route; a GET is a HEAD as well. */
    public Routes add(HandlerType method, String path, Handler handler) {
        Map<HandlerType, Handler> methods = table.computeIfAbsent(path, p -> new LinkedHashMap<>());
        methods.put(method, handler);
        if (method.equals(HandlerType.GET)) {
            methods.put(HandlerType.HEAD, handler);
        }
        return this;
    }

    /** Answers these methods of a path, all if none is given, like an unknown path. */
    public Routes hide(String path, HandlerType... methods) {
        hidden.put(path, Set.copyOf(methods.length == 0 ? METHODS : List.of(methods)));
        return this;
    }

    private Set<HandlerType> hiddenAt(String path) {
        return hidden.getOrDefault(path, Set.of());
    }

    /** Each route as {@code GET /path}, in the order of the table. */
    public List<String> names() {
        return table.entrySet().stream()
                .flatMap(path -> path.getValue().keySet().stream().map(method -> method + " " + path.getKey()))
                .toList();
    }

    /** Adds the routes to Javalin, and the refusals of those paths that are not templates. */
    public void addTo(RoutesConfig javalin) {
        hidden.forEach((path, methods) -> methods.forEach(m -> javalin.addHttpHandler(m, path, UNKNOWN)));
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

    private void refuseOthers(RoutesConfig javalin, String path, Set<HandlerType> methods) {
        List<HandlerType> refused = new ArrayList<>(METHODS);
        refused.removeAll(methods);
        refused.removeAll(hiddenAt(path));
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
