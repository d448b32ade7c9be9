package dev.asyncjob.http;

import static dev.asyncjob.http.JsonFields.flag;
import static dev.asyncjob.http.JsonFields.object;
import static dev.asyncjob.http.JsonFields.text;
import static dev.asyncjob.http.JsonFields.whole;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** Reporting what became of claimed jobs, one by one or many at once (contract section 2). */
final class OutcomeRoutes {
    /** Reports in one request at most. */
    static final int MAX_REPORTS = 200;

    /** How long one request may go on reporting. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Broken rules that the verdict on one of many reports tells of. */
    static final int MAX_INVALID = 5;

    private final JobUseCases jobs;
    private final HttpSettings settings;

    OutcomeRoutes(JobUseCases jobs, HttpSettings settings) {
        this.jobs = jobs;
        this.settings = settings;
    }

    private record Report(JobId id, LeaseToken token, Outcome outcome) {}

    void done(Context ctx, Access access) throws IOException {
        one(ctx, OutcomeRoutes::completed);
    }

    void failed(Context ctx, Access access) throws IOException {
        one(ctx, OutcomeRoutes::failed);
    }

    private void one(Context ctx, Function<JsonFields, Supplier<Outcome>> outcome) throws IOException {
        JobId id = Exchange.jobId(ctx, "id");
        JsonNode body = JsonBody.object(ctx, settings.maxBody());
        Report report = JsonFields.body(body, fields -> report(fields, id, outcome));
        StatusRoutes.answerChange(ctx, settled(report));
    }

    void all(Context ctx, Access access) throws IOException {
        List<JsonBody.Element> entries = JsonBody.array(ctx, settings.maxBody(), MAX_REPORTS);
        List<WorkerJson.Verdict> verdicts = new ArrayList<>();
        boolean reachable = true;
        long begin = System.nanoTime();
        for (JsonBody.Element entry : entries) {
            WorkerJson.Verdict verdict = verdict(entry, reachable, Exchange.requestId(ctx));
            reachable &= mayGoOn(verdict.code(), Duration.ofNanos(System.nanoTime() - begin));
            verdicts.add(verdict);
        }
        ctx.header("Cache-Control", "no-store");
        Exchange.body(ctx, Errors.JSON, WorkerJson.verdicts(verdicts));
    }

    /** Whether more reports are tried, behind one with this verdict: many time limits must not add up. */
    static boolean mayGoOn(int code, Duration spent) {
        return code != 503 && spent.compareTo(PATIENCE) < 0;
    }

    /**
     * What becomes of one of many.
     *
     * @param reachable whether the store is asked; else the report waits for another request
     */
    private WorkerJson.Verdict verdict(JsonBody.Element entry, boolean reachable, String requestId) {
        try {
            Report report = report(entry);
            if (!reachable) {
                throw ApiError.unavailable(Errors.STORE_RETRY_AFTER);
            }
            return WorkerJson.verdict(settled(report));
        } catch (IOException | RuntimeException e) {
            return WorkerJson.verdict(Errors.of(e, requestId));
        }
    }

    private static Report report(JsonBody.Element entry) throws IOException {
        try {
            return JsonFields.part(entry.value(), entry.path(), OutcomeRoutes::report);
        } catch (ApiError e) {
            throw e.tellingAtMost(MAX_INVALID);
        }
    }

    private static Supplier<Report> report(
            JsonFields fields, JobId id, Function<JsonFields, Supplier<Outcome>> reader) {
        var token = fields.required("token", whole(LeaseToken::new));
        Supplier<Outcome> outcome = reader.apply(fields);
        return () -> new Report(id, token.get(), outcome.get());
    }

    private static Supplier<Report> report(JsonFields fields) {
        var id = fields.required("id", text(JobId::parse));
        var token = fields.required("token", whole(LeaseToken::new));
        var done = fields.optional("done", object(OutcomeRoutes::completed));
        var failed = fields.optional("failed", object(OutcomeRoutes::failed));
        return () -> new Report(id.get(), token.get(), theOneOf(done, failed));
    }

    private static Outcome theOneOf(JsonFields.Field<Outcome> done, JsonFields.Field<Outcome> failed) {
        if ((done.orNull() == null) == (failed.orNull() == null)) {
            throw new InvalidValueException("schema", "there must be either done or failed", List.of("done", "failed"));
        }
        return done.orNull() == null ? failed.get() : done.get();
    }

    private static Supplier<Outcome> completed(JsonFields fields) {
        var links = fields.required("links", ProducerRoutes.links());
        return () -> Outcome.completed(links.get());
    }

    private static Supplier<Outcome> failed(JsonFields fields) {
        var error = fields.required("error", text(Failure::new));
        var retry = fields.required("retry", flag());
        return () -> new Outcome.Failed(error.get(), retry.get());
    }

    private JobSnapshot settled(Report report) {
        return jobs.settle(report.id(), report.token(), report.outcome())
                .fold(
                        job -> job,
                        job -> {
                            throw ApiError.conflict(job, WorkerRoutes.LEASE_LOST);
                        },
                        () -> {
                            throw ApiError.taskNotFound();
                        });
    }
}
