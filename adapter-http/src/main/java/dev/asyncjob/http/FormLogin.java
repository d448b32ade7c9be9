package dev.asyncjob.http;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.Logins;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.settings.HttpLimits;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks credentials that a person has entered in a form. It shares the limit of failed logins with the API whose
 * authenticator it gets, and writes to the same security log. Safe for use from any thread.
 *
 * <p>It takes credentials that can be judged at once, and asks no identity provider about a token.
 */
public final class FormLogin {
    private final Logins logins;
    private final List<Scope> scopes;

    /**
     * Admits clients with any of the scopes.
     *
     * @param authenticator one of {@link FailedLogins#limitedTogether}, or any other, which has a limit of its own then
     */
    public FormLogin(Authenticator authenticator, HttpLimits limits, List<Scope> scopes) {
        this.logins = Logins.of(authenticator, limits);
        this.scopes = List.copyOf(scopes);
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
