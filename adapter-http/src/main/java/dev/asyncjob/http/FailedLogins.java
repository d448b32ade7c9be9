package dev.asyncjob.http;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.http.internal.access.Logins;
import dev.asyncjob.http.settings.HttpLimits;

/** Makes several APIs, also of several servers, share one limit of failed logins. */
public final class FailedLogins {
    private FailedLogins() {}

    /**
     * An authenticator that decides like the given one. All APIs that receive it count failed logins together; an API
     * that receives any other authenticator counts alone.
     *
     * @param limits the limit of failed logins and the trusted proxies; those of the APIs have no effect on it
     */
    public static Authenticator limitedTogether(Authenticator authenticator, HttpLimits limits) {
        return new Logins(authenticator, limits);
    }
}
