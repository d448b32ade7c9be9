package dev.asyncjob.http;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.Logins;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.TrustedProxy;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.InetAddressSet;
import org.jspecify.annotations.Nullable;

/**
 * Checks credentials that a person has entered in a form, and believes a trusted proxy who a person is. It shares the
 * limit of failed logins with the API whose authenticator it gets, and writes to the same security log. Safe for use
 * from any thread.
 *
 * <p>It takes credentials that can be judged at once, and asks no identity provider about a token.
 */
public final class FormLogin {
    private final Logins logins;
    private final List<Scope> scopes;
    private final @Nullable TrustedProxy proxy;
    private final InetAddressSet trusted;

    /**
     * Admits clients with any of the scopes.
     *
     * @param authenticator one of {@link FailedLogins#limitedTogether}, or any other, which has a limit of its own then
     * @param proxy names users in a header; null for no such proxy
     */
    public FormLogin(Authenticator authenticator, HttpLimits limits, List<Scope> scopes, @Nullable TrustedProxy proxy) {
        this.logins = Logins.of(authenticator, limits);
        this.scopes = List.copyOf(scopes);
        this.proxy = proxy;
        this.trusted = proxy == null ? new InetAddressSet() : proxy.addresses();
    }

    /**
     * Checks a pair of credentials, and logs the login or its refusal.
     *
     * @throws HttpResponseException 401 if they are not valid, 403 if the client has none of the scopes, 429 if too
     *     many logins have failed, 503 if the credentials cannot be judged now
     */
    public Access check(Context ctx, String token, String apiKey) {
        try {
            Authenticator.Granted granted = logins.judge(HttpExchange.request(ctx), token, apiKey, scopes);
            logins.log(HttpExchange.request(ctx), "logged-in", granted.access().client(), granted.key());
            return granted.access();
        } catch (ApiError e) {
            e.headers().forEach(ctx::header);
            throw new HttpResponseException(e.status(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * The rights of the user that the trusted proxy names with a request; empty if the request has no such header, or
     * comes from another address. Only the other end of the connection counts, no {@code X-Forwarded-For}.
     *
     * @throws ForbiddenResponse if the header is there twice, or has no name that an {@link Owner} can have; logged
     */
    public Optional<Access> named(Context ctx) {
        Request request = HttpExchange.request(ctx);
        if (proxy == null || !(peer(request) instanceof InetSocketAddress peer) || !trusted.test(peer.getAddress())) {
            return Optional.empty();
        }
        List<String> names = HttpExchange.headers(ctx, proxy.header());
        if (names.isEmpty()) {
            return Optional.empty();
        }
        try {
            if (names.size() == 1) {
                return Optional.of(new Access(new Owner(names.get(0)), Set.of(proxy.scope())));
            }
        } catch (InvalidValueException e) {
            // It is refused below, like two names.
        }
        logins.refused(request, "invalid-user");
        throw new ForbiddenResponse();
    }

    /** The other end of the connection, also where the host believes {@code X-Forwarded-For}. */
    private static SocketAddress peer(Request request) {
        return request.getConnectionMetaData().getConnection().getEndPoint().getRemoteSocketAddress();
    }

    /** Logs that a session of a user has begun whose name came from the proxy. */
    public void begun(Context ctx, Owner client) {
        logins.log(HttpExchange.request(ctx), "logged-in", client, "proxy");
    }

    /** Has the line of a request in the log name the client of its session, and the job that it is about, if any. */
    public void seen(Context ctx, Authenticator.Granted granted, @Nullable JobId job) {
        ctx.attribute(HttpExchange.GRANTED, granted);
        ctx.attribute(HttpExchange.JOB, job);
    }

    /** The id of a request in the log and in the header {@code x-request-id} of its answer. */
    public String requestId(Context ctx) {
        return HttpExchange.requestId(ctx);
    }

    /** Logs that a person of the client has logged out. */
    public void ended(Context ctx, Owner client) {
        logins.log(HttpExchange.request(ctx), "logged-out", client, "");
    }
}
