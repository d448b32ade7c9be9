package dev.asyncjob.http;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lets a request through to its handler only with good credentials, the scope, and an answer it can read. */
final class AccessGate {
    /** RFC 6750 section 2.1, with the scheme's name in any case and exactly one space. */
    private static final Pattern BEARER = Pattern.compile("[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9._~+/-]+=*)");

    private static final Pattern BEARER_SCHEME = Pattern.compile("(?i)bearer([ \t].*)?");

    private final Authenticator authenticator;

    AccessGate(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /** A handler that also knows who asks. */
    @FunctionalInterface
    interface Guarded {
        void handle(Context ctx, Access access) throws Exception;
    }

    /** Opens to those who have {@code scope}. */
    Handler require(String scope, Guarded handler) {
        return requireOneOf(List.of(scope), handler);
    }

    /** Opens to those who have any of these scopes; the first is the least that will do. */
    Handler requireOneOf(List<String> scopes, Guarded handler) {
        return Exchange.of(ctx -> {
            Access access = access(ctx);
            if (scopes.stream().noneMatch(access.scopes()::contains)) {
                throw ApiError.forbidden(scopes);
            }
            if (Representation.of(Exchange.headers(ctx, "Accept")) == Representation.NONE) {
                throw ApiError.notAcceptable();
            }
            handler.handle(ctx, access);
        });
    }

    private Access access(Context ctx) {
        List<String> authorization = Exchange.headers(ctx, "Authorization");
        List<String> apiKey = Exchange.headers(ctx, "api-key");
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
        throw refusal(verdict);
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
    static void requireOnce(String name, List<String> lines) {
        if (lines.size() > 1) {
            throw ApiError.malformed(
                    new ApiError.Invalid("header", name, "single", name + " must be sent once", List.of()));
        }
    }

    private static String token(List<String> authorization) {
        if (authorization.isEmpty()
                || !BEARER_SCHEME.matcher(authorization.get(0)).matches()) {
            throw ApiError.noToken();
        }
        Matcher bearer = BEARER.matcher(authorization.get(0));
        if (!bearer.matches()) {
            throw ApiError.malformedCredentials("Bearer must be followed by one space and one token");
        }
        return bearer.group(1);
    }
}
