package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.Handler;
import io.javalin.http.ServiceUnavailableResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * How the page answers: with the headers of all answers, to readers with a session, and with errors as pages. Safe for
 * use from any thread.
 */
final class Answers {
    /** Scripts and styles are files of this server, there is nothing else, and no other page may frame this one. */
    private static final String CONTENT_SECURITY_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                    + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private final PageSettings settings;
    private final Login login;
    private final Visits visits;

    Answers(PageSettings settings, Login login, Visits visits) {
        this.settings = settings;
        this.login = login;
        this.visits = visits;
    }

    /** The work of one view for a reader with a session. */
    @FunctionalInterface
    interface Visited {
        void handle(Context ctx, View view);
    }

    /** A handler for readers with a session; others are led to the login. */
    Handler visited(Visited handler) {
        return answering(ctx -> {
            if (Visits.takesEvents(ctx)) {
                ctx.status(204); // there are none here, and the script asks for the page again and again
                return;
            }
            Optional<Visits.Visit> visit = visits.visit(ctx);
            if (visit.isEmpty() && Visits.isForeign(ctx)) {
                // A link of another site, without the cookie, since that is strict; from here the browser sends it.
                ctx.header("Refresh", "0");
                write(ctx, plain(ctx).document(Word.OPENING, "", Html.NONE));
                return;
            }
            if (visit.isEmpty()) {
                String next = URLEncoder.encode(here(ctx), StandardCharsets.UTF_8);
                see(ctx, settings.path() + "/login?next=" + next);
                return;
            }
            handler.handle(ctx, view(ctx, visit.get()));
        });
    }

    private View view(Context ctx, Visits.Visit visit) {
        Authenticator.Granted granted = visit.granted();
        String job = ctx.pathParamMap().getOrDefault("id", "");
        login.seen(ctx, granted, id(job).orElse(null));
        Sessions.Session session = visit.session();
        View.Reader reader =
                new View.Reader(granted.access(), session.formToken, settings.actions(), session.credentials != null);
        return new View(Visits.language(ctx), settings.path(), hereWithoutLanguage(ctx), reader);
    }

    /**
     * The content of a view as it is now, as often as it is asked for; empty without a session, or where it is none.
     */
    Function<Context, Optional<String>> live(BiFunction<Context, View, Optional<Html>> content) {
        return ctx -> visits.visit(ctx)
                .flatMap(visit -> content.apply(ctx, view(ctx, visit)))
                .map(Html::toString);
    }

    /** A handler for forms of views that readers with a session have opened; other forms are 403. */
    Handler form(Visited handler) {
        Handler own = visited((ctx, view) -> {
            if (Visits.hasFormToken(ctx, view.known().formToken())) {
                handler.handle(ctx, view);
            } else {
                refuse(ctx, view, 403, Word.NOT_ALLOWED, view.say(Word.FORM_FOREIGN));
            }
        });
        Handler foreign = answering(ctx -> {
            View view = plain(ctx);
            refuse(ctx, view, 403, Word.NOT_ALLOWED, view.say(Word.FORM_FOREIGN));
        });
        return ctx -> (Visits.isOwn(ctx) ? own : foreign).handle(ctx);
    }

    /** A handler that sets the headers of all answers, and shows errors as pages. */
    Handler answering(Handler handler) {
        return ctx -> {
            protect(ctx);
            ctx.header("Cache-Control", "no-store");
            try {
                handler.handle(ctx);
            } catch (StoreUnavailable e) {
                unavailable(ctx, Word.UNAVAILABLE);
            } catch (ForbiddenResponse e) {
                View view = plain(ctx);
                refuse(ctx, view, 403, Word.NOT_ALLOWED, view.say(Word.NO_SUCH_USER));
            } catch (ServiceUnavailableResponse e) {
                unavailable(ctx, Word.LOGIN_UNDECIDED);
            }
        };
    }

    private void unavailable(Context ctx, Word what) {
        View view = plain(ctx);
        ctx.header("Retry-After", "2");
        refuse(ctx, view, 503, Word.NO_ANSWER, view.say(what));
    }

    /** What a request sees that may have no session. */
    private View plain(Context ctx) {
        return new View(Visits.language(ctx), settings.path(), settings.path(), null);
    }

    /** Answers with a page that says why there is nothing else. */
    static void refuse(Context ctx, View view, int status, Word title, String why) {
        ctx.status(status);
        write(ctx, view.document(title, "", el("p", attr("role", "alert"), why)));
    }

    private static void protect(Context ctx) {
        ctx.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        ctx.header("X-Content-Type-Options", "nosniff");
        // Not no-referrer: with that, browsers send the origin of a form as null (the Fetch standard, section 3.2).
        ctx.header("Referrer-Policy", "same-origin");
        ctx.header("Cross-Origin-Opener-Policy", "same-origin");
        ctx.header("Cross-Origin-Resource-Policy", "same-origin");
        ctx.header("Vary", "Accept-Language, Cookie");
    }

    /** Leads the reader to another place of the page; after a form, a reload does not send it again. */
    static void see(Context ctx, String place) {
        ctx.status(303).header("Location", place);
        write(ctx, "");
    }

    static void write(Context ctx, String document) {
        ctx.contentType("text/html; charset=utf-8").result(document.getBytes(StandardCharsets.UTF_8));
    }

    /** Answers with a file. */
    static void write(Context ctx, Asset asset, boolean compress) {
        protect(ctx);
        if (compress) {
            ctx.header("Content-Encoding", "gzip");
        }
        ctx.header("Vary", "Accept-Encoding");
        ctx.header("Cache-Control", "public, max-age=31536000, immutable");
        ctx.contentType(asset.contentType).result(asset.bytes(compress));
    }

    /** Reads the id of a job; empty if the text is none. */
    static Optional<JobId> id(String text) {
        try {
            return Optional.of(JobId.parse(text));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    private static String here(Context ctx) {
        String query = ctx.queryString();
        return ctx.path() + (query == null ? "" : "?" + query);
    }

    private static String hereWithoutLanguage(Context ctx) {
        return here(ctx).replaceAll("(?<=[?&])lang=[^&]*&?", "").replaceAll("[?&]$", "");
    }
}
