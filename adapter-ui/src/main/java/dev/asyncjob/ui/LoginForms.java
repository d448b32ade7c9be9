package dev.asyncjob.ui;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.text.ExplanationText;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The forms that begin and end sessions. Safe for use from any thread. */
final class LoginForms {
    private static final int LONGEST_CREDENTIAL = 8_192;
    private static final int LONGEST_PLACE = 2_048;
    private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9_-]{43}");
    private static final Pattern VISIBLE = Pattern.compile("[!-~&&[^\\\\]]*");

    private final PageSettings settings;
    private final Login login;
    private final Sessions sessions;

    LoginForms(PageSettings settings, Login login, Sessions sessions) {
        this.settings = settings;
        this.login = login;
        this.sessions = sessions;
    }

    /** Shows the form of credentials, unless a proxy names the user, or a link begins the session that it is for. */
    void show(Context ctx) {
        String next = Objects.requireNonNullElse(ctx.queryParam("next"), "");
        if (!Visits.isLive(ctx) && login.named(ctx).isPresent()) {
            Answers.see(ctx, own(next));
            return;
        }
        String once = ctx.queryParam("once");
        Login.Link link = login.link();
        if (once == null || link == null || !ctx.method().equals(HandlerType.GET)) {
            show(ctx, next, null);
            return;
        }
        Optional<Login.Credentials> credentials = link.redeem(once);
        if (credentials.isPresent()) {
            begin(ctx, next, credentials.get());
        } else {
            ctx.status(410);
            show(ctx, next, Word.LINK_ENDED);
        }
    }

    private void show(Context ctx, String next, @Nullable Word problem) {
        String known = ctx.cookie(Visits.FORM); // another window may have the form open
        String token = known != null && SECRET.matcher(known).matches() ? known : sessions.secret();
        Visits.set(ctx, Visits.FORM, token);
        ExplanationText language = Visits.language(ctx);
        String here = settings.path() + "/login?next=" + URLEncoder.encode(own(next), StandardCharsets.UTF_8);
        View view = new View(language, settings.path(), here, null);
        Answers.write(ctx, view.document(Word.LOG_IN, "", new LoginView(token, own(next), problem).of(view)));
    }

    /** A place of this page; its front if the text names another. */
    private String own(String next) {
        boolean inside = next.startsWith(settings.path() + "/") || next.startsWith(settings.path() + "?");
        return inside && next.length() <= LONGEST_PLACE && VISIBLE.matcher(next).matches() ? next : settings.path();
    }

    /** Begins a session with the credentials of the form. */
    void login(Context ctx) {
        String next = Visits.field(ctx, "next", LONGEST_PLACE);
        if (!Visits.isOwn(ctx) || !Visits.hasFormToken(ctx, ctx.cookie(Visits.FORM))) {
            ctx.status(403);
            show(ctx, next, Visits.isOwn(ctx) ? Word.FORM_STALE : Word.FORM_FOREIGN);
            return;
        }
        if (login.named(ctx).isPresent()) {
            Answers.see(ctx, own(next));
            return;
        }
        begin(
                ctx,
                next,
                new Login.Credentials(
                        Visits.field(ctx, "token", LONGEST_CREDENTIAL).strip(),
                        Visits.field(ctx, "api-key", LONGEST_CREDENTIAL).strip()));
    }

    private void begin(Context ctx, String next, Login.Credentials entered) {
        try {
            Access access = login.check(ctx, entered.token(), entered.apiKey());
            sessions.find(ctx.cookie(Visits.SESSION), false).ifPresent(sessions::end);
            Visits.set(ctx, Visits.FORM, "");
            Visits.set(ctx, Visits.SESSION, sessions.begin(access.client(), entered).id);
            Answers.see(ctx, own(next));
        } catch (HttpResponseException e) {
            ctx.status(e.getStatus());
            show(
                    ctx,
                    next,
                    switch (e.getStatus()) {
                        case 401 -> Word.LOGIN_INVALID;
                        case 403 -> Word.LOGIN_FORBIDDEN;
                        case 429 -> Word.LOGIN_TOO_MANY;
                        default -> Word.LOGIN_UNDECIDED;
                    });
        }
    }

    /** Ends the session. */
    void logout(Context ctx) {
        Optional<Sessions.Session> session = sessions.find(ctx.cookie(Visits.SESSION), true);
        // A form of another site comes without the strict cookie, and its answer must not remove that cookie.
        if (!Visits.isOwn(ctx)
                || session.filter(own -> !Visits.hasFormToken(ctx, own.formToken))
                        .isPresent()) {
            ctx.status(403);
            show(ctx, "", Word.FORM_FOREIGN);
            return;
        }
        if (session.isPresent()) {
            sessions.end(session.get());
            login.ended(ctx, session.get().client);
        }
        Visits.set(ctx, Visits.SESSION, "");
        Answers.see(ctx, settings.path() + "/login");
    }
}
