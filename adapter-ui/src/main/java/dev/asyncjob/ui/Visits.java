package dev.asyncjob.ui;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.text.ExplanationText;
import dev.asyncjob.application.text.Languages;
import dev.asyncjob.domain.Owner;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.SameSite;
import io.javalin.http.ServiceUnavailableResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a request brings with it: cookies, forms, the language, and the session. Safe for use from any thread.
 *
 * <p>A cookie with the prefix {@code __Host-} is taken only from this host, over https or from a loopback address, and
 * no other host can set it (draft-ietf-httpbis-rfc6265bis, section 4.1.3).
 */
final class Visits {
    static final String SESSION = "__Host-asyncjob-session";
    static final String FORM = "__Host-asyncjob-form";
    static final String LANGUAGE = "__Host-asyncjob-language";

    /** The header of requests that the script sends by itself, where the server sends it no events. */
    static final String LIVE = "x-asyncjob-live";

    private static final String EVENTS = "text/event-stream";
    private static final int LONGEST_SECRET = 128;
    private static final int YEAR = 365 * 24 * 3600;

    private final Sessions sessions;
    private final Authenticator authenticator;
    private final Login login;

    Visits(Sessions sessions, Authenticator authenticator, Login login) {
        this.sessions = sessions;
        this.authenticator = authenticator;
        this.login = login;
    }

    /** A session whose credentials are still valid, with what they allow now. */
    record Visit(Sessions.Session session, Authenticator.Granted granted) {}

    /**
     * Finds the session of a request. It ends when its credentials do, or their scope. That of a user that a proxy
     * names begins by itself, and ends with a request that names another user or none.
     *
     * @throws ForbiddenResponse if the name from the proxy is not valid
     * @throws ServiceUnavailableResponse while only the identity provider knows whether the credentials are still
     *     valid; it is asked, so that a later request has its answer
     */
    Optional<Visit> visit(Context ctx) {
        Access user = login.named(ctx).orElse(null);
        Optional<Sessions.Session> known = known(ctx, user == null ? null : user.client());
        return user == null
                ? known.flatMap(this::checked)
                : known.or(() -> begun(ctx, user))
                        .map(session -> new Visit(session, new Authenticator.Granted(user, "proxy")));
    }

    /** The session of the cookie, which ends if it is of another user than the one that a proxy names. */
    private Optional<Sessions.Session> known(Context ctx, @Nullable Owner user) {
        Optional<Sessions.Session> found = sessions.find(ctx.cookie(SESSION), !isLive(ctx));
        if (found.isPresent() && !found.get().fits(user)) {
            sessions.end(found.get());
            login.ended(ctx, found.get().client);
            return Optional.empty();
        }
        return found;
    }

    /** Begins a session, unless the script asks, or another site, with whose requests the cookie does not come. */
    private Optional<Sessions.Session> begun(Context ctx, Access user) {
        if (isLive(ctx) || isForeign(ctx)) {
            return Optional.empty();
        }
        Sessions.Session session = sessions.begin(user.client(), null);
        set(ctx, SESSION, session.id);
        login.begun(ctx, user.client());
        return Optional.of(session);
    }

    private Optional<Visit> checked(Sessions.Session session) {
        Login.Credentials credentials = Objects.requireNonNull(session.credentials);
        Authenticator.Verdict verdict = authenticator.authenticate(credentials.token(), credentials.apiKey());
        if (verdict instanceof Authenticator.Granted granted
                && granted.access().scopes().stream().anyMatch(Login.READERS::contains)) {
            return Optional.of(new Visit(session, granted));
        }
        if (verdict instanceof Authenticator.AskProvider provider && !provider.guess()) {
            var unused = provider.answer().get();
            throw new ServiceUnavailableResponse();
        }
        if (verdict instanceof Authenticator.Undecided) {
            throw new ServiceUnavailableResponse();
        }
        sessions.end(session);
        return Optional.empty();
    }

    /** Whether another site has sent the reader here. */
    static boolean isForeign(Context ctx) {
        return "cross-site".equals(ctx.header("Sec-Fetch-Site"));
    }

    /** Whether the script asks, and no person. */
    static boolean isLive(Context ctx) {
        String accepted = ctx.header("Accept");
        return ctx.header(LIVE) != null || (accepted != null && accepted.contains(EVENTS));
    }

    /** Whether the script asks for a stream of events. */
    static boolean takesEvents(Context ctx) {
        String accepted = ctx.header("Accept");
        return accepted != null && accepted.startsWith(EVENTS);
    }

    /** Sets a cookie that only this page gets, for this session of the browser; an empty value removes it. */
    static void set(Context ctx, String name, String value) {
        cookie(ctx, name, value, value.isEmpty() ? 0 : -1);
    }

    private static void cookie(Context ctx, String name, String value, int maxAge) {
        ctx.cookie(new Cookie(name, value, "/", maxAge, true, true, null, SameSite.STRICT));
    }

    /** The language of the link that was followed, else the one chosen earlier, else that of the browser. */
    static ExplanationText language(Context ctx) {
        String asked = ctx.queryParam("lang");
        if ("en".equals(asked) || "uk".equals(asked)) {
            if (!isLive(ctx)) { // else a window would undo what another has chosen since
                cookie(ctx, LANGUAGE, asked, YEAR);
            }
            return Languages.preferredBy(List.of(asked));
        }
        String chosen = ctx.cookie(LANGUAGE);
        String preferred = chosen == null ? ctx.header("Accept-Language") : chosen;
        return Languages.preferredBy(preferred == null ? List.of() : List.of(preferred));
    }

    /**
     * Whether a page of this server sent the form: browsers state where a form comes from, and scripts of others cannot
     * change that (the Fetch standard, section 3.2). The scheme is not compared, since TLS may end before this server.
     */
    static boolean isOwn(Context ctx) {
        String origin = ctx.header("Origin");
        String host = ctx.header("Host");
        String type = ctx.header("Content-Type");
        return origin != null
                && host != null
                && type != null
                && type.startsWith("application/x-www-form-urlencoded")
                && (origin.equals("https://" + host) || origin.equals("http://" + host));
    }

    /** A field of a form; empty if it is absent, unreadable or longer than any secret of ours. */
    static String field(Context ctx, String name, int longest) {
        try {
            String value = ctx.formParam(name);
            return value == null || value.length() > longest ? "" : value;
        } catch (IllegalArgumentException e) { // broken escapes
            return "";
        }
    }

    /** Whether the form has the secret; it takes the same time whatever it has. */
    static boolean hasFormToken(Context ctx, @Nullable String expected) {
        byte[] sent = field(ctx, "form", LONGEST_SECRET).getBytes(StandardCharsets.UTF_8);
        return expected != null
                && !expected.isEmpty()
                && MessageDigest.isEqual(sent, expected.getBytes(StandardCharsets.UTF_8));
    }
}
