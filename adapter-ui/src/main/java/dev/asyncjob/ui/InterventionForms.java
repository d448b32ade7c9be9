package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.SettleResult;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Pauses and limits kinds and cancels jobs, each after a view that says what will happen, for readers with
 * {@code job:admin} where {@link PageSettings#actions} allows it. Safe for use from any thread.
 */
final class InterventionForms {
    private static final Pattern WHOLE = Pattern.compile("[0-9]{1,9}");

    private final PageSource source;
    private final Shared<KindViews> kinds;
    private final Login login;
    private final PageSettings settings;
    private final Answers answers;

    /** @param kinds what the views of kinds show, read again after a change */
    InterventionForms(PageSource source, Shared<KindViews> kinds, Login login, PageSettings settings, Answers answers) {
        this.source = source;
        this.kinds = kinds;
        this.login = login;
        this.settings = settings;
        this.answers = answers;
    }

    /** Adds the handlers of GET, which show what will happen, and those of POST at the same paths, which do it. */
    void addTo(Map<String, Handler> pages, Map<String, Handler> forms) {
        for (KindAction action : KindAction.values()) {
            String path = settings.path() + "/kinds/{kind}/" + action.segment;
            pages.put(path, answers.visited(allowed((ctx, view) -> show(ctx, view, action))));
            forms.put(path, answers.form(allowed((ctx, view) -> change(ctx, view, action))));
        }
        String path = settings.path() + "/jobs/{id}/cancel";
        pages.put(path, answers.visited(allowed(this::showCancel)));
        forms.put(path, answers.form(allowed(this::cancel)));
    }

    /** A handler for readers who may act; others are told why they may not. */
    static Answers.Visited allowed(Answers.Visited handler) {
        return (ctx, view) -> {
            if (view.mayAct()) {
                handler.handle(ctx, view);
            } else {
                Word why = view.isAdmin() ? Word.ACTIONS_OFF : Word.FOR_ADMIN;
                Answers.refuse(ctx, view, 403, Word.NOT_ALLOWED, view.say(why));
            }
        };
    }

    Intervention intervention(Context ctx, View view) {
        return new Intervention(UUID.randomUUID(), view.known().access().owner(), login.requestId(ctx));
    }

    private void show(Context ctx, View view, KindAction action) {
        Optional<KindState> state = state(ctx);
        if (state.isEmpty()) {
            Answers.refuse(ctx, view, 404, Word.KIND, view.say(Word.NO_SUCH_KIND));
        } else if (action.changes(state.get())) {
            Integer limit = action == KindAction.LIMIT ? state.get().limit() : null;
            show(ctx, view, action, state.get(), limit == null ? "" : limit.toString(), null);
        } else {
            Html facts = kinds.get().facts(view, state.get());
            Html so = el("p", attr("class", "note"), view.say(Word.SO_ALREADY));
            String kind = state.get().kind().value();
            Answers.write(
                    ctx,
                    view.document(
                            action.title,
                            kind,
                            Html.all(so, facts, View.link(settings.path() + "/kinds", view.say(Word.KINDS)))));
        }
    }

    private void show(
            Context ctx, View view, KindAction action, KindState state, String entered, @Nullable Fault fault) {
        InterventionView.Field field = switch (action) {
            case PAUSE -> new InterventionView.Field("reason", Word.REASON, entered, false);
            case LIMIT -> new InterventionView.Field("running", Word.LIMIT, entered, true);
            default -> null;
        };
        InterventionView content =
                new InterventionView(action.title, action.meaning, kinds.get().facts(view, state), field, fault);
        Answers.write(
                ctx, view.document(action.title, state.kind().value(), content.of(view, settings.path() + "/kinds")));
    }

    private void change(Context ctx, View view, KindAction action) {
        Optional<KindState> state = state(ctx);
        if (state.isEmpty()) {
            Answers.refuse(ctx, view, 404, Word.KIND, view.say(Word.NO_SUCH_KIND));
            return;
        }
        boolean pauses = action == KindAction.PAUSE;
        String entered = Visits.field(ctx, pauses ? "reason" : "running", Integer.MAX_VALUE)
                .strip();
        Intervention by = intervention(ctx, view);
        try {
            var unused = change(state.get().kind(), action, entered, by);
        } catch (InvalidValueException e) {
            ctx.status(422);
            show(ctx, view, action, state.get(), entered, new Fault(pauses ? Word.REASON : Word.LIMIT, e));
            return;
        }
        kinds.forget();
        Answers.see(ctx, settings.path() + "/kinds");
    }

    private KindState change(JobKind kind, KindAction action, String entered, Intervention by) {
        return switch (action) {
            case PAUSE -> {
                String reason = entered.isEmpty() ? null : entered;
                yield source.kinds().pause(kind, new KindState.Pause(Instant.EPOCH, by.by(), reason).reason(), by);
            }
            case RESUME -> source.kinds().resume(kind, by);
            case LIMIT -> {
                int number = WHOLE.matcher(entered).matches() ? Integer.parseInt(entered) : 0;
                yield source.kinds()
                        .limit(kind, KindState.of(kind).withLimit(number).limit(), by);
            }
            case UNLIMIT -> source.kinds().limit(kind, null, by);
        };
    }

    /** The kind in the path, if anything is known of it: jobs, a worker, or what is set. */
    private Optional<KindState> state(Context ctx) {
        JobKind kind;
        try {
            kind = new JobKind(ctx.pathParam("kind"));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
        return source.kinds().kinds().stream()
                .filter(state -> state.kind().equals(kind))
                .findFirst()
                .or(() -> source.jobs().list(JobFilter.ANY.withKind(kind).withLimit(1)).jobs().stream()
                        .map(job -> KindState.of(kind))
                        .findFirst());
    }

    private void showCancel(Context ctx, View view) {
        Optional<JobFacts> found =
                Answers.id(ctx.pathParam("id")).flatMap(id -> source.jobs().facts(null, id));
        if (found.isEmpty()) {
            Answers.refuse(ctx, view, 404, Word.JOB, view.say(Word.NOT_FOUND));
            return;
        }
        if (found.get().entry().snapshot().job().status() != JobStatus.PENDING) {
            Answers.refuse(ctx, view, 409, Word.JOB, view.say(Word.ENDED_ALREADY));
            return;
        }
        Html facts = new JobView(found.get(), "", settings.traceLink()).facts(view);
        InterventionView content = new InterventionView(Word.CANCEL_JOB, Word.CANCEL_MEANS, facts, null, null);
        String id = found.get().entry().snapshot().job().id().toString();
        Answers.write(ctx, view.document(Word.CANCEL_JOB, id, content.of(view, settings.path() + "/jobs/" + id)));
    }

    private void cancel(Context ctx, View view) {
        Optional<JobId> id = Answers.id(ctx.pathParam("id"));
        SettleResult result =
                id.isEmpty() ? new SettleResult.Unknown() : source.producer().cancel(id.get(), intervention(ctx, view));
        if (result instanceof SettleResult.Accepted accepted) {
            kinds.forget();
            Answers.see(ctx, settings.path() + "/jobs/" + accepted.job().job().id());
        } else if (result instanceof SettleResult.Refused) {
            Answers.refuse(ctx, view, 409, Word.JOB, view.say(Word.ENDED_ALREADY));
        } else {
            Answers.refuse(ctx, view, 404, Word.JOB, view.say(Word.NOT_FOUND));
        }
    }
}
