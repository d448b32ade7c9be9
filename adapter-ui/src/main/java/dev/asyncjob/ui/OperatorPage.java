package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.JobFacts;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * The page: what waits and runs now, lists of jobs, one job with the reason why it is as it is, the kinds, the workers,
 * and the audit. It never shows a payload, and changes nothing unless {@link PageSettings#actions} allows it. Safe for
 * use from any thread.
 *
 * <p>{@link #pages} and {@link #forms} are its handlers by path, for any Javalin. Every view needs a session, which a
 * {@link Login} begins; without one the reader is led to the form of credentials.
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

    /**
     * A page.
     *
     * @param source what it shows
     * @param login admits people
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
        this.answers = new Answers(settings, login, new Visits(sessions, authenticator));
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
        pages.put(settings.path(), view(Word.NOW, (ctx, view) -> kinds.get().now(view)));
        pages.put(
                settings.path() + "/kinds",
                view(Word.KINDS, (ctx, view) -> kinds.get().kinds(view)));
        pages.put(
                settings.path() + "/workers",
                view(Word.WORKERS, (ctx, view) -> workers.get().of(view)));
        pages.put(settings.path() + "/jobs", view(Word.JOBS, this::jobs));
        pages.put(settings.path() + "/jobs/{id}", answers.visited(this::job));
        pages.put(settings.path() + "/audit", answers.visited(this::audit));
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

    private Handler view(Word title, BiFunction<Context, View, Html> content) {
        return answers.visited((ctx, view) -> Answers.write(ctx, view.document(title, "", content.apply(ctx, view))));
    }

    private Html jobs(Context ctx, View view) {
        JobQuery query = JobQuery.of(ctx.queryParamMap());
        if (query.broken().isEmpty()) {
            // A refresh takes only the list from the answer, and the numbers of the offer are counted.
            Html offer = ctx.header(Visits.LIVE) == null ? bulks.offer(view, query) : Html.NONE;
            return new JobsView(query, source.jobs().list(query.filter()), offer).of(view);
        }
        ctx.status(422);
        return new JobsView(query, null, Html.NONE).of(view);
    }

    private void job(Context ctx, View view) {
        String id = ctx.pathParam("id");
        Optional<JobFacts> found = Answers.id(id).flatMap(known -> source.jobs().facts(null, known));
        Html content = found.map(facts -> new JobView(
                                facts,
                                new String(
                                        source.clientView().apply(facts.entry().snapshot()), StandardCharsets.UTF_8))
                        .of(view))
                .orElseGet(() -> el("p", attr("role", "alert"), view.say(Word.NOT_FOUND)));
        ctx.status(found.isPresent() ? 200 : 404);
        Answers.write(ctx, view.document(Word.JOB, found.isPresent() ? id : "", content));
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
        AuditView content = new AuditView(source.kinds().audit(after, AuditView.LIMIT), after == null);
        Answers.write(ctx, view.document(Word.AUDIT, "", content.of(view)));
    }

    private static boolean takesGzip(Context ctx) {
        String accepted = ctx.header("Accept-Encoding");
        return accepted != null && GZIP.matcher(accepted).find();
    }
}
