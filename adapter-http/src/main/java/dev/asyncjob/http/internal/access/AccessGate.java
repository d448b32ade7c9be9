package dev.asyncjob.http.internal.access;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.Representation;
import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.settings.HttpLimits;
import io.github.bucket4j.TimeMeter;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Admits a request to its handler only with valid credentials, a sufficient scope, and an acceptable representation.
 * Safe for use from any thread.
 */
public final class AccessGate {
    private static final String BEARER = "Bearer";

    /** The request attribute with the {@link Access} of a request that was admitted before its body was read. */
    private static final String ADMITTED = "dev.asyncjob.admitted";

    /** A lookup table, because a regular expression would take longer than everything else here. */
    private static final boolean[] TOKEN_CHARACTERS = new boolean[128];

    static {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
                .chars()
                .forEach(c -> TOKEN_CHARACTERS[c] = true);
    }

    private final Logins logins;
    private final @Nullable RateLimiter requests;

    /** One gate has one set of counters for the limits; for failed logins it may share those of {@link Logins}. */
    public AccessGate(Authenticator authenticator, HttpLimits limits) {
        this.logins = Logins.of(authenticator, limits);
        this.requests = limits.requestsPerSecond() == 0
                ? null
                : new RateLimiter("requests", 10 * limits.requestsPerSecond(), TimeMeter.SYSTEM_NANOTIME);
    }

    /** A handler that also receives the client and its scopes. */
    @FunctionalInterface
    public interface Guarded {
        /** Handles an admitted request. */
        void handle(Context ctx, Access access) throws Exception;
    }

    /** Admits clients with {@code scope}. */
    public Handler require(Scope scope, Guarded handler) {
        return requireOneOf(List.of(scope), handler);
    }

    /** Admits clients with any of these scopes; the response to a refused client names the first. */
    public Handler requireOneOf(List<Scope> scopes, Guarded handler) {
        return guarded(scopes, handler, accept -> Representation.of(accept) != Representation.NONE);
    }

    /** Admits clients with {@code scope}, including those that accept only server-sent events. */
    public Handler requireOfferingEvents(Scope scope, Guarded handler) {
        return guarded(
                List.of(scope),
                handler,
                accept -> Representation.prefersEvents(accept) || Representation.of(accept) != Representation.NONE);
    }

    private Handler guarded(List<Scope> scopes, Guarded handler, Predicate<List<String>> isReadable) {
        return new Gated(scopes, handler, isReadable);
    }

    private final class Gated implements Routes.Admission {
        private final List<Scope> scopes;
        private final Predicate<List<String>> isReadable;
        private final Handler guarded;

        Gated(List<Scope> scopes, Guarded handler, Predicate<List<String>> isReadable) {
            this.scopes = scopes;
            this.isReadable = isReadable;
            this.guarded = HttpExchange.of(ctx -> {
                CompletableFuture<Access> admission = accept(HttpExchange.request(ctx));
                if (admission.isDone()) {
                    handle(handler, ctx, valueOf(admission));
                } else {
                    resume(ctx, admission, same -> handle(handler, same, valueOf(admission)));
                }
            });
        }

        /** A handler may refuse access as well: to the jobs of another owner, or to one more stream. */
        private void handle(Guarded handler, Context ctx, Access access) throws Exception {
            try {
                handler.handle(ctx, access);
            } catch (ApiError e) {
                throw logins.logged(HttpExchange.request(ctx), e);
            }
        }

        @Override
        public void handle(Context ctx) throws Exception {
            guarded.handle(ctx);
        }

        @Override
        public CompletableFuture<?> admit(Request request) {
            return accept(request).thenAccept(access -> request.setAttribute(ADMITTED, access));
        }

        private CompletableFuture<Access> accept(Request request) {
            return AccessGate.this.admit(request, scopes).thenApply(access -> {
                if (!isReadable.test(request.getHeaders().getValuesList("Accept"))) {
                    throw ApiError.ofStatus(406);
                }
                return access;
            });
        }
    }

    /** Suspends the request until its admission is decided. The handler may suspend it once more. */
    private static void resume(Context ctx, CompletableFuture<Access> admission, Handler admitted) {
        ctx.future(() -> {
            ctx.req().getAsyncContext().setTimeout(0); // the admission has a limit of its own
            return admission.handle((access, refusal) -> {
                try {
                    HttpExchange.answer(ctx, admitted);
                } catch (Throwable e) {
                    HttpExchange.abandon(ctx, e);
                }
                return null;
            });
        });
    }

    private static Access valueOf(CompletableFuture<Access> admission) throws Exception {
        try {
            return admission.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * Admits a request whose client has any of the scopes and is within its rate limit. A request that was admitted
     * before its body was read is not counted again. No thread waits: while the identity provider is asked the future
     * is not complete, and then completes on a thread of the server.
     *
     * @return fails with {@link ApiError} 400, 401, 403, 429 or 503
     */
    public CompletableFuture<Access> admit(Request request, List<Scope> scopes) {
        try {
            if (request.getAttribute(ADMITTED) instanceof Access known) {
                return CompletableFuture.completedFuture(scoped(known, scopes));
            }
            Authenticator.Verdict verdict = logins.authenticate(request).orElseGet(() -> verdict(request));
            if (!(verdict instanceof Authenticator.AskProvider provider)) {
                return CompletableFuture.completedFuture(admitted(request, scopes, verdict, Optional.empty()));
            }
            if (provider.guess()) {
                request.setAttribute(
                        Logins.CAUSE,
                        new Authenticator.Cause("too-many-failed-logins", Optional.of(provider.client()), ""));
                logins.countGuess(request, provider.client());
            }
            Optional<Owner> client = provider.guess() ? Optional.empty() : Optional.of(provider.client());
            return provider.answer()
                    .get()
                    .toCompletableFuture()
                    .whenComplete((answer, failure) -> {
                        if (provider.guess()) {
                            logins.guessed(request, provider.client(), answer);
                        }
                    })
                    .thenApplyAsync(
                            answer -> admittedOrLogged(request, scopes, answer, client),
                            request.getComponents().getExecutor());
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(logins.logged(request, e));
        }
    }

    private Access admittedOrLogged(
            Request request, List<Scope> scopes, Authenticator.Verdict verdict, Optional<Owner> asked) {
        try {
            return admitted(request, scopes, verdict, asked);
        } catch (ApiError e) {
            throw logins.logged(request, e);
        }
    }

    /** @param asked the client about whose token the provider was asked */
    private Access admitted(Request request, List<Scope> scopes, Authenticator.Verdict verdict, Optional<Owner> asked) {
        if (!(verdict instanceof Authenticator.Granted granted)) {
            ApiError refusal = refusal(verdict);
            request.setAttribute(Logins.CAUSE, cause(verdict));
            if (refusal.status() == 401) {
                logins.failed(request, asked); // valid credentials are never limited by address
            }
            throw refusal;
        }
        Access access = granted.access();
        request.setAttribute(HttpExchange.GRANTED, granted);
        if (requests != null) {
            requests.count(access.client());
        }
        return scoped(access, scopes);
    }

    private static Access scoped(Access access, List<Scope> scopes) {
        if (Collections.disjoint(scopes, access.scopes())) {
            throw ApiError.forbidden(scopes);
        }
        return access;
    }

    private Authenticator.Verdict verdict(Request request) {
        List<String> authorization = request.getHeaders().getValuesList("Authorization");
        List<String> apiKey = request.getHeaders().getValuesList("api-key");
        requireOnce("Authorization", authorization);
        requireOnce("api-key", apiKey);
        String token = token(authorization);
        if (apiKey.isEmpty()) {
            throw ApiError.denied("Api key is not set");
        }
        return logins.authenticate(token, apiKey.get(0));
    }

    private static ApiError refusal(Authenticator.Verdict verdict) {
        if (verdict instanceof Authenticator.Undecided undecided) {
            return ApiError.unavailable(undecided.retryAfter().toSeconds());
        }
        if (verdict instanceof Authenticator.Barred) {
            return ApiError.barred();
        }
        return verdict instanceof Authenticator.InvalidApiKey
                ? ApiError.denied("Invalid api key")
                : ApiError.denied("Invalid access token").challenging(", error=\"invalid_token\"");
    }

    private static Authenticator.Cause cause(Authenticator.Verdict verdict) {
        if (verdict instanceof Authenticator.InvalidToken token) {
            return token.cause();
        }
        return verdict instanceof Authenticator.InvalidApiKey apiKey
                ? apiKey.cause()
                : Authenticator.Cause.of("barred");
    }

    /**
     * Refuses a header that was sent on more than one line and is therefore ambiguous.
     *
     * @throws ApiError 400
     */
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
            throw ApiError.denied("Authorization header is not set or doesn't contain Bearer token");
        }
        if (!value.startsWith(" ", scheme) || !isToken(value, scheme + 1)) {
            String description = "Bearer must be followed by one space and one token";
            throw ApiError.malformed(new ApiError.Invalid("header", "Authorization", "format", description, List.of()))
                    .challenging(", error=\"invalid_request\"");
        }
        return value.substring(scheme + 1);
    }

    /** Whether the rest of the value is a {@code b64token} of RFC 6750 section 2.1. */
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
