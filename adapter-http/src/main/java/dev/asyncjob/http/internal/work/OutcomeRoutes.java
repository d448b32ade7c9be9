package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.any;
import static dev.asyncjob.http.internal.body.JsonFields.flag;
import static dev.asyncjob.http.internal.body.JsonFields.object;
import static dev.asyncjob.http.internal.body.JsonFields.text;
import static dev.asyncjob.http.internal.body.JsonFields.whole;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.EntryResult;
import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.http.internal.body.JsonArray;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.internal.status.StatusAnswer;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reports of the outcomes of claimed jobs, one or many in a request (contract section 2). Safe for use from any thread.
 */
public final class OutcomeRoutes {
    /** Reports in one request at most. */
    public static final int MAX_REPORTS = 200;

    /** Broken rules in the verdict on one of many reports at most. */
    static final int MAX_INVALID = 5;

    private final WorkQueue queue;
    private final HttpSettings settings;

    public OutcomeRoutes(WorkQueue queue, HttpSettings settings) {
        this.queue = queue;
        this.settings = settings;
    }

    /** Answers the report of one completed job. */
    public void done(Context ctx, Access access) throws IOException {
        one(ctx, this::completed);
    }

    /** Answers the report of one failed job. */
    public void failed(Context ctx, Access access) throws IOException {
        one(ctx, OutcomeRoutes::failed);
    }

    private void one(Context ctx, Function<JsonFields, Supplier<Outcome>> outcome) throws IOException {
        JobId id = HttpExchange.jobId(ctx, "id");
        JsonNode body = JsonBody.object(ctx, settings.maxBody());
        OutcomeReport report = JsonFields.read(body, "$", fields -> report(fields, id, outcome));
        HttpExchange.write(ctx, StatusAnswer.of(settled(queue.settle(report))).toChange(200));
    }

    /** Answers many reports with a verdict for each. */
    public void all(Context ctx, Access access) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (JsonArray.Element element : JsonArray.read(ctx, settings.maxBody(), MAX_REPORTS)) {
            entries.add(entry(element));
        }
        List<JobJson.Verdict> verdicts = verdicts(entries, HttpExchange.requestId(ctx));
        HttpExchange.write(ctx, Answer.json(200, JobJson.verdicts(verdicts)));
    }

    /** One of many: a report, or the exception that explains why it is none. */
    private record Entry(
            @Nullable OutcomeReport report, @Nullable Exception refusal) {}

    private Entry entry(JsonArray.Element element) {
        try {
            return new Entry(report(element), null);
        } catch (IOException | RuntimeException e) {
            return new Entry(null, e);
        }
    }

    private List<JobJson.Verdict> verdicts(List<Entry> entries, String requestId) {
        List<OutcomeReport> reports = entries.stream()
                .flatMap(entry -> Stream.ofNullable(entry.report()))
                .toList();
        Iterator<EntryResult<SettleResult>> results = queue.settleAll(reports).iterator();
        return entries.stream().map(entry -> verdict(entry, results, requestId)).toList();
    }

    private static JobJson.Verdict verdict(Entry entry, Iterator<EntryResult<SettleResult>> results, String requestId) {
        try {
            if (entry.report() == null) {
                throw Objects.requireNonNull(entry.refusal());
            }
            return JobJson.Verdict.of(settled(results.next().orThrow()));
        } catch (Exception e) {
            return JobJson.Verdict.of(Errors.of(e, requestId));
        }
    }

    private OutcomeReport report(JsonArray.Element entry) throws IOException {
        try {
            return JsonFields.read(entry.value(), entry.path(), this::report);
        } catch (ApiError e) {
            throw e.withAtMost(MAX_INVALID);
        }
    }

    private static Supplier<OutcomeReport> report(
            JsonFields fields, JobId id, Function<JsonFields, Supplier<Outcome>> reader) {
        var token = fields.required("token", whole(LeaseToken::new));
        Supplier<Outcome> outcome = reader.apply(fields);
        return () -> new OutcomeReport(id, token.get(), outcome.get());
    }

    private Supplier<OutcomeReport> report(JsonFields fields) {
        var id = fields.required("id", text(JobId::parse));
        var token = fields.required("token", whole(LeaseToken::new));
        var done = fields.optional("done", object(this::completed));
        var failed = fields.optional("failed", object(OutcomeRoutes::failed));
        return () -> new OutcomeReport(id.get(), token.get(), exactlyOne(done, failed));
    }

    private static Outcome exactlyOne(JsonFields.Field<Outcome> done, JsonFields.Field<Outcome> failed) {
        if ((done.orNull() == null) == (failed.orNull() == null)) {
            throw new InvalidValueException("schema", "there must be either done or failed", List.of("done", "failed"));
        }
        return done.orNull() == null ? failed.get() : done.get();
    }

    private Supplier<Outcome> completed(JsonFields fields) {
        var links = fields.required("links", ProducerRoutes.links());
        var result = fields.optional("result", JsonFields.of(any(), this::result));
        return () -> Outcome.completed(links.get(), result.orNull());
    }

    private JobResult result(JsonNode json) {
        if (json.isNull()) { // a field of an answer is left out, never null
            throw new InvalidValueException("type", "must be any JSON value but null", List.of());
        }
        JobResult result = new JobResult(JsonBody.text(json));
        if (result.bytes() > settings.maxResult()) {
            String max = Integer.toString(settings.maxResult());
            throw new InvalidValueException("length", "result must have at most " + max + " bytes", List.of("1", max));
        }
        return result;
    }

    private static Supplier<Outcome> failed(JsonFields fields) {
        var code = fields.optional("code", text(Failure::checkedCode));
        var error = fields.required("error", text(message -> new Failure(message, code.orNull())));
        var retry = fields.required("retry", flag());
        var detail = fields.optional("detail", text(Outcome.Failed::checkedDetail));
        return () -> new Outcome.Failed(error.get(), retry.get(), detail.orNull());
    }

    private static JobSnapshot settled(SettleResult settlement) {
        return settlement.fold(
                job -> job,
                job -> {
                    throw ApiError.conflict(job, WorkerRoutes.LEASE_LOST);
                },
                () -> {
                    throw ApiError.taskNotFound();
                });
    }
}
