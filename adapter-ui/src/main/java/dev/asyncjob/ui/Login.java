package dev.asyncjob.ui;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Admits people to the page, and keeps the log of it. Implementations are safe for use from any thread. */
public interface Login {
    /** The scopes that see the page; one of them is sufficient. */
    List<Scope> READERS = List.of(Scope.JOB_READ_ALL, Scope.JOB_ADMIN);

    /**
     * Checks a pair of credentials that a person has entered, and counts and logs the login, or its failure.
     *
     * @return the rights of the client, with {@code job:admin} or {@code job:read-all}
     * @throws HttpResponseException 401 if the credentials are not valid, 403 if the client may not see the page, 429
     *     if too many have failed from this address, 503 if the credentials cannot be checked now
     */
    Access check(Context ctx, String token, String apiKey);

    /**
     * Notes for the log whose session a request belongs to, and the job that it is about.
     *
     * @param job null if the request is about no single job
     */
    void seen(Context ctx, Authenticator.Granted granted, @Nullable JobId job);

    /** Logs that a person of the client has logged out. */
    void ended(Context ctx, Owner client);

    /** The id of a request in the log, for the audit of what it does; 1 to 128 visible ASCII characters. */
    String requestId(Context ctx);

    /**
     * The user that a trusted proxy names with a request; empty if none does, as where there is no such proxy.
     *
     * @return the rights of the user, with {@code job:admin} or {@code job:read-all}
     * @throws ForbiddenResponse if the name is not valid
     */
    Optional<Access> named(Context ctx);

    /** Logs that a session of a user has begun whose name came from the proxy. */
    void begun(Context ctx, Owner client);

    /** The link that begins one session without the form; null if there is none. */
    @Nullable
    Link link();

    /** A link to the login, {@code ?once=SECRET}. */
    @FunctionalInterface
    interface Link {
        /**
         * Ends the link, if this is its secret.
         *
         * @return the credentials of the session that it begins; empty if it has ended before, or is another one
         */
        Optional<Credentials> redeem(String secret);
    }

    /**
     * What a person has entered. Its text shows nothing of it.
     *
     * @param token the token after {@code Bearer}
     * @param apiKey the {@code api-key} header's value
     */
    record Credentials(String token, String apiKey) {
        @Override
        public String toString() {
            return "Credentials";
        }
    }

    /** A check of credentials. */
    @FunctionalInterface
    interface Check {
        /** As {@link Login#check}. */
        Access check(Context ctx, String token, String apiKey);
    }

    /** A note for the log. */
    @FunctionalInterface
    interface Note {
        /** As {@link Login#seen}. */
        void seen(Context ctx, Authenticator.Granted granted, @Nullable JobId job);
    }

    /** A login of six functions, and a link or none. */
    static Login of(
            Check check,
            Note seen,
            BiConsumer<Context, Owner> ended,
            Function<Context, String> requestId,
            Function<Context, Optional<Access>> named,
            BiConsumer<Context, Owner> begun,
            @Nullable Link link) {
        return new Login() {
            @Override
            public Access check(Context ctx, String token, String apiKey) {
                return check.check(ctx, token, apiKey);
            }

            @Override
            public void seen(Context ctx, Authenticator.Granted granted, @Nullable JobId job) {
                seen.seen(ctx, granted, job);
            }

            @Override
            public void ended(Context ctx, Owner client) {
                ended.accept(ctx, client);
            }

            @Override
            public String requestId(Context ctx) {
                return requestId.apply(ctx);
            }

            @Override
            public Optional<Access> named(Context ctx) {
                return named.apply(ctx);
            }

            @Override
            public void begun(Context ctx, Owner client) {
                begun.accept(ctx, client);
            }

            @Override
            public @Nullable Link link() {
                return link;
            }
        };
    }
}
