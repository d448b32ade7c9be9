package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.AuditEntry;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page: what waits and runs now, lists of jobs, one job with the reason why it is as it is, the kinds, the workers,
 * and the audit. It never shows a payload, and changes nothing unless {@link PageSettings#actions} allows it. Safe for
 * use from any thread.
 *
 * <p>{@link #pages} and {@link #forms} are its handlers by path, for any Javalin, and {@link #live} is for streams of
 * events. Every view needs a session, which a {@link Login} begins; without one the reader is led to the form of
 * credentials.
 */
public final class OperatorPage {
    private static final Pattern GZIP = Pattern.compile("(?i)\\bgzip\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))");

    private final PageSource source;
    private final Shared<KindViews> kinds;
    private final Shared<WorkersView> workers;
    private final PageSettings settings;
    private final Answers answers;
    private final BulkForms bulks;
    private final Map<String, Handler> pages = new LinkedHashMap<>();
    private final Map<String, Handler> forms = new LinkedHashMap<>();
    private final Map<String, Function<Context, Optional<String>>> live = new LinkedHashMap<>();

    /**
     * A page.
     *
     * @param source what it shows
     * @param login admits people, and knows the user that a proxy has admitted
     * @param authenticator checks the credentials of a session again with each of its requests, so that it ends with
     *     them
     */
    public OperatorPage(PageSource source, Login login, Authenticator authenticator, PageSettings settings) {
        this(source, login, authenticator, settings, System::nanoTime);
    }

    OperatorPage(
            PageSource source, Login login, Authenticator authenticator, PageSettings settings, LongSupplier nanoTime) {
        this.source = source;
        this.kinds = new Shared<>(
                () -> new KindViews(
                        source.workloads().get(),
                        source.minutes().apply(KindViews.Ended.MINUTES),
                        source.kinds().kinds(),
                        source.now().get()),
                nanoTime);
        this.workers = new Shared<>(
                () -> new WorkersView(
                        source.workers().apply(WorkersView.LIMIT + 1),
                        source.kinds().kinds(),
                        source.now().get()),
                nanoTime);
        this.settings = settings;
        Sessions sessions = new Sessions(settings, nanoTime);
        this.answers = new Answers(settings, login, new Visits(sessions, authenticator, login));
        InterventionForms interventions = new InterventionForms(source, kinds, login, settings, answers);
        this.bulks = new BulkForms(source, kinds, interventions, settings, answers);
        addViews();
        addLogin(new LoginForms(settings, login, sessions));
        interventions.addTo(pages, forms);
        bulks.addTo(pages, forms);
        for (Asset asset : Asset.values()) {
            pages.put(settings.path() + "/" + asset.file, ctx -> Answers.write(ctx, asset, takesGzip(ctx)));
        }
    }

    private void addViews() {
        addView("", Word.NOW, (ctx, view) -> kinds.get().now(view, workers.get()));
        addView("/kinds", Word.KINDS, (ctx, view) -> kinds.get().kinds(view));
        addView("/workers", Word.WORKERS, (ctx, view) -> workers.get().of(view));
        addView("/jobs", Word.JOBS, this::jobs);
        pages.put(settings.path() + "/jobs/{id}", answers.visited(this::job));
        live.put(settings.path() + "/jobs/{id}", answers.live(this::found));
        pages.put(settings.path() + "/audit", answers.visited(this::audit));
        live.put(settings.path() + "/audit", answers.live(this::auditNow));
    }

    private void addView(String path, Word title, BiFunction<Context, View, Html> content) {
        pages.put(
                settings.path() + path,
                answers.visited((ctx, view) -> Answers.write(ctx, view.document(title, "", content.apply(ctx, view)))));
        live.put(settings.path() + path, answers.live(content.andThen(Optional::of)));
    }

    private void addLogin(LoginForms login) {
        pages.put(settings.path() + "/login", answers.answering(login::show));
        forms.put(settings.path() + "/login", answers.answering(login::login));
        forms.put(settings.path() + "/logout", answers.answering(login::logout));
    }

    /** The handlers of GET, by the path of their route. */
    public Map<String, Handler> pages() {
        return Collections.unmodifiableMap(pages);
    }

    /** The handlers of POST, by the path of their route. */
    public Map<String, Handler> forms() {
        return Collections.unmodifiableMap(forms);
    }

    /**
     * The content of those pages that change by themselves, by the path of their route, for streams of events: as it is
     * now, each time that it is asked for; empty when the reader has to load the page again. Optional: where a server
     * sends no events, the script asks for the page again and again.
     */
    public Map<String, Function<Context, Optional<String>>> live() {
        return Collections.unmodifiableMap(live);
    }

    private Html jobs(Context ctx, View view) {
        JobQuery query = JobQuery.of(ctx.queryParamMap());
        if (query.broken().isEmpty()) {
            // A refresh takes only the list from the answer, and the numbers of the offer are counted.
            Html offer = Visits.isLive(ctx) ? Html.NONE : bulks.offer(view, query);
            return new JobsView(query, source.jobs().list(query.filter()), offer).of(view);
        }
        ctx.status(422);
        return new JobsView(query, null, Html.NONE).of(view);
    }

    private void job(Context ctx, View view) {
        Optional<Html> found = found(ctx, view);
        Html content = found.orElseGet(() -> el("p", attr("role", "alert"), view.say(Word.NOT_FOUND)));
        ctx.status(found.isPresent() ? 200 : 404);
        Answers.write(ctx, view.document(Word.JOB, found.isPresent() ? ctx.pathParam("id") : "", content));
    }

    private Optional<Html> found(Context ctx, View view) {
        return Answers.id(ctx.pathParam("id"))
                .flatMap(known -> source.jobs().facts(null, known))
                .map(facts -> new JobView(
                                facts,
                                new String(
                                        source.clientView().apply(facts.entry().snapshot()), StandardCharsets.UTF_8),
                                settings.traceLink())
                        .of(view));
    }

    private void audit(Context ctx, View view) {
        if (!view.isAdmin()) {
            Answers.refuse(ctx, view, 403, Word.NOT_ALLOWED, view.say(Word.FOR_ADMIN));
            return;
        }
        AuditEntry.Place after;
        try {
            after = AuditView.place(ctx.queryParam(JobQuery.AFTER));
        } catch (IllegalArgumentException | DateTimeException e) {
            Answers.refuse(ctx, view, 422, Word.AUDIT, new Fault(Word.PLACE, e).of(view));
            return;
        }
        Answers.write(ctx, view.document(Word.AUDIT, "", audit(after).of(view)));
    }

    private Optional<Html> auditNow(Context ctx, View view) {
        try {
            AuditEntry.Place after = AuditView.place(ctx.queryParam(JobQuery.AFTER));
            return view.isAdmin() ? Optional.of(audit(after).of(view)) : Optional.empty();
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private AuditView audit(AuditEntry.@Nullable Place after) {
        return new AuditView(source.kinds().audit(after, AuditView.LIMIT), after == null);
    }

    private static boolean takesGzip(Context ctx) {
        String accepted = ctx.header("Accept-Encoding");
        return accepted != null && GZIP.matcher(accepted).find();
    }
}
