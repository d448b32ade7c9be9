package dev.asyncjob.http.internal.access;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.settings.HttpLimits;
import io.github.bucket4j.TimeMeter;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Lets a request through to its handler only with good credentials, the scope, and an answer it can read. */
public final class AccessGate {
    private static final String BEARER = "Bearer";

    /** A pattern would take longer than all the rest of the gate. */
    private static final boolean[] TOKEN_CHARACTERS = new boolean[128];

    static {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
                .chars()
                .forEach(c -> TOKEN_CHARACTERS[c] = true);
    }

    private final Authenticator authenticator;
    private final ClientAddress addresses;
    private final RateLimiter failedLogins;
    private final @Nullable RateLimiter requests;

    public AccessGate(Authenticator authenticator, HttpLimits limits) {
        this.authenticator = authenticator;
        this.addresses = new ClientAddress(limits.trusted());
        this.failedLogins = new RateLimiter("failed-logins", limits.failedLogins(), TimeMeter.SYSTEM_NANOTIME);
        this.requests = limits.requestsPerSecond() == 0
                ? null
                : new RateLimiter("requests", 10 * limits.requestsPerSecond(), TimeMeter.SYSTEM_NANOTIME);
    }

    /** A handler that also knows who asks. */
    @FunctionalInterface
    public interface Guarded {
        void handle(Context ctx, Access access) throws Exception;
    }

    /** What the gate looks at, by whichever server a request came. */
    public interface Asking {
        /** All lines of a header, in order. */
        List<String> headers(String name);

        /** The address that the request came from. */
        String peer();

        /** Remembers who asks, for whoever logs the request. */
        void identify(Owner client);
    }

    private record InContext(Context ctx) implements Asking {
        @Override
        public List<String> headers(String name) {
            return HttpExchange.headers(ctx, name);
        }

        @Override
        public String peer() {
            return ctx.req().getRemoteAddr();
        }

        @Override
        public void identify(Owner client) {
            HttpExchange.identify(ctx, client);
        }
    }

    /** Opens to those who have {@code scope}. */
    public Handler require(Scope scope, Guarded handler) {
        return requireOneOf(List.of(scope), handler);
    }

    /** Opens to those who have any of these scopes; the first is the least that will do. */
    public Handler requireOneOf(List<Scope> scopes, Guarded handler) {
        return guarded(scopes, handler, accept -> Representation.of(accept) != Representation.NONE);
    }

    /** Opens to those who have {@code scope}, also if they can read nothing but events. */
    public Handler requireOfferingEvents(Scope scope, Guarded handler) {
        return guarded(
                List.of(scope),
                handler,
                accept -> Representation.prefersEvents(accept) || Representation.of(accept) != Representation.NONE);
    }

    private Handler guarded(List<Scope> scopes, Guarded handler, Predicate<List<String>> isReadable) {
        return HttpExchange.of(ctx -> {
            Access access = admit(new InContext(ctx), scopes);
            if (!isReadable.test(HttpExchange.headers(ctx, "Accept"))) {
                throw ApiError.notAcceptable();
            }
            handler.handle(ctx, access);
        });
    }

    /**
     * Who asks, if any of the scopes is theirs and they do not ask too often.
     *
     * @throws ApiError that says why not
     */
    public Access admit(Asking request, List<Scope> scopes) {
        Access access = access(request);
        request.identify(access.client());
        if (requests != null) {
            requests.count(access.client());
        }
        if (Collections.disjoint(scopes, access.scopes())) {
            throw ApiError.forbidden(scopes);
        }
        return access;
    }

    private Access access(Asking request) {
        List<String> authorization = request.headers("Authorization");
        List<String> apiKey = request.headers("api-key");
        requireOnce("Authorization", authorization);
        requireOnce("api-key", apiKey);
        String token = token(authorization);
        if (apiKey.isEmpty()) {
            throw ApiError.noApiKey();
        }
        Authenticator.Verdict verdict = authenticator.authenticate(token, apiKey.get(0));
        if (verdict instanceof Authenticator.Granted granted) {
            return granted.access();
        }
        ApiError refusal = refusal(verdict);
        if (refusal.status() == 401) {
            failedLogins.count(addresses.of(
                    request.peer(),
                    request.headers("X-Forwarded-For"))); // good credentials pass whatever others did from there
        }
        throw refusal;
    }

    private static ApiError refusal(Authenticator.Verdict verdict) {
        if (verdict instanceof Authenticator.Undecided undecided) {
            return ApiError.unavailable(undecided.retryAfter().toSeconds());
        }
        if (verdict instanceof Authenticator.Barred) {
            return ApiError.barred();
        }
        return verdict instanceof Authenticator.InvalidApiKey ? ApiError.invalidApiKey() : ApiError.invalidToken();
    }

    /** Refuses a header that came on more than one line, and so could mean two things. */
    public static void requireOnce(String name, List<String> lines) {
        if (lines.size() > 1) {
            throw ApiError.malformed(
                    new ApiError.Invalid("header", name, "single", name + " must be sent once", List.of()));
        }
    }

    private static String token(List<String> authorization) {
        String value = authorization.isEmpty() ? "" : authorization.get(0);
        int scheme = BEARER.length();
        boolean bearer = value.regionMatches(true, 0, BEARER, 0, scheme)
                && (value.length() == scheme || value.charAt(scheme) == ' ' || value.charAt(scheme) == '\t');
        if (!bearer) {
            throw ApiError.noToken();
        }
        if (!value.startsWith(" ", scheme) || !isToken(value, scheme + 1)) {
            throw ApiError.malformedCredentials("Bearer must be followed by one space and one token");
        }
        return value.substring(scheme + 1);
    }

    /** Whether a {@code b64token} of RFC 6750 section 2.1 stands from there to the end. */
    private static boolean isToken(String value, int from) {
        int end = value.length();
        while (end > from + 1 && value.charAt(end - 1) == '=') {
            end--;
        }
        for (int i = from; i < end; i++) {
            if (value.charAt(i) >= TOKEN_CHARACTERS.length || !TOKEN_CHARACTERS[value.charAt(i)]) {
                return false;
            }
        }
        return from < end;
    }
}
