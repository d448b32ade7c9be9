package dev.asyncjob.http.internal.exchange;

import io.javalin.config.JavalinState;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.NotFoundResponse;
import io.javalin.router.Endpoint;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    private final Set<String> shared = new HashSet<>();

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

    /** Lets others serve methods of this path: methods without a route are refused after all routes. */
    public Routes share(String path) {
        shared.add(path);
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

    /** Adds the routes to Javalin, and the refusals of those paths that are neither templates nor shared. */
    public void addTo(JavalinState javalin) {
        hidden.forEach((path, methods) -> methods.forEach(m -> javalin.routes.addHttpHandler(m, path, UNKNOWN)));
        table.forEach((path, methods) -> {
            methods.forEach((method, handler) -> javalin.routes.addHttpHandler(method, path, handler));
            if (!isRefusedLast(path)) {
                METHODS.stream()
                        .filter(method -> !method.equals(HandlerType.QUERY))
                        .forEach(method -> refuse(javalin, method, path));
            }
        });
    }

    /**
     * Adds the other refusals to Javalin; after all routes, because a template also matches paths of others, and others
     * may serve methods of a shared path, or QUERY of any.
     */
    public void addRefusalsTo(JavalinState javalin) {
        table.keySet().forEach(path -> {
            List<HandlerType> methods = isRefusedLast(path) ? METHODS : List.of(HandlerType.QUERY);
            methods.forEach(method -> refuse(javalin, method, path));
        });
    }

    private boolean isRefusedLast(String path) {
        return path.contains("{") || shared.contains(path);
    }

    private void refuse(JavalinState javalin, HandlerType method, String path) {
        if (at(javalin, path).noneMatch(endpoint -> endpoint.method.equals(method))) {
            Set<HandlerType> own = table.getOrDefault(path, Map.of()).keySet();
            javalin.routes.addHttpHandler(method, path, new Refusal(javalin, method, path, own));
        }
    }

    private static Stream<Endpoint> at(JavalinState javalin, String path) {
        return javalin.internalRouter.allHttpHandlers().stream()
                .map(parsed -> parsed.endpoint)
                .filter(endpoint -> endpoint.path.equals(path));
    }

    /** Answers a method for which a path has no route. */
    private static final class Refusal implements Handler {
        private final JavalinState javalin;
        private final String path;
        private final Set<HandlerType> own;
        private final Handler answer;

        Refusal(JavalinState javalin, HandlerType method, String path, Set<HandlerType> own) {
            this.javalin = javalin;
            this.path = path;
            this.own = own;
            this.answer = HttpExchange.of(method.equals(HandlerType.OPTIONS) ? this::tell : this::refuse);
        }

        @Override
        public void handle(Context ctx) throws Exception {
            answer.handle(ctx);
        }

        private void tell(Context ctx) {
            ctx.header("Allow", allowed() + ", OPTIONS");
            HttpExchange.writeNoContent(ctx);
        }

        private void refuse(Context ctx) {
            throw ApiError.methodNotAllowed(allowed());
        }

        /** The methods that are served at the path: the own ones, and those of other plugins and the application. */
        private String allowed() {
            Stream<HandlerType> others =
                    at(javalin, path).filter(Refusal::isServed).map(endpoint -> endpoint.method);
            return Stream.concat(own.stream(), others)
                    .distinct()
                    .map(HandlerType::name)
                    .collect(Collectors.joining(", "));
        }

        private static boolean isServed(Endpoint endpoint) {
            return endpoint.method.isHttpMethod()
                    && !(endpoint.handler instanceof Refusal)
                    && endpoint.handler != UNKNOWN;
        }
    }
}
