package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.flag;
import static dev.asyncjob.http.internal.body.JsonFields.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.BulkAdministration;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.OperatorJson;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** What operators do to all jobs that a filter selects (contract section 2). Safe for use from any thread. */
public final class BulkRoutes {
    private final BulkAdministration bulks;
    private final Supplier<JobId> ids;
    private final int maxBody;

    /**
     * Answers with what {@code bulks} does.
     *
     * @param ids makes the ids of new jobs
     * @param maxBody bytes of a body at most
     */
    public BulkRoutes(BulkAdministration bulks, Supplier<JobId> ids, int maxBody) {
        this.bulks = bulks;
        this.ids = ids;
        this.maxBody = maxBody;
    }

    /** What a body asks for. */
    private record Asked(Bulk bulk, boolean dryRun) {}

    /** Cancels the pending jobs that a filter selects, or only counts them. */
    public void cancel(Context ctx, Access access) throws IOException {
        change(ctx, access, Bulk.Action.CANCEL);
    }

    /** Retries the failed jobs that a filter selects, or only counts them. */
    public void retry(Context ctx, Access access) throws IOException {
        change(ctx, access, Bulk.Action.RETRY);
    }

    private void change(Context ctx, Access access, Bulk.Action action) throws IOException {
        JsonNode body = JsonBody.object(ctx, maxBody);
        Asked asked = JsonFields.read(body, "$", fields -> asked(fields, action));
        HttpExchange.write(
                ctx,
                Answer.json(
                        200,
                        asked.dryRun()
                                ? OperatorJson.preview(action, bulks.preview(asked.bulk()))
                                : OperatorJson.changed(
                                        action,
                                        bulks.change(asked.bulk(), ids, OperatorRoutes.intervention(ctx, access)))));
    }

    private static Supplier<Asked> asked(JsonFields fields, Bulk.Action action) {
        var kind = fields.optional("kind", text(JobKind::new));
        var owner = fields.optional("owner", text(Owner::new));
        var reference = fields.optional("reference", text(Reference::new));
        JsonFields.Field<Boolean> overdue =
                action == Bulk.Action.CANCEL ? fields.optional("overdue", flag()) : new JsonFields.Field<>(null);
        var all = fields.optional("all", flag());
        var max = fields.optional("max", count(most -> new Bulk(action, JobFilter.ANY, most).max()));
        var dryRun = fields.optional("dryRun", flag());
        return () -> {
            JobFilter filter = new JobFilter(
                    null,
                    kind.orNull(),
                    owner.orNull(),
                    reference.orNull(),
                    overdue.orNull(),
                    null,
                    JobFilter.MAX_LIMIT);
            Bulk bulk = new Bulk(action, filter, max.orElse(Bulk.MAX_JOBS));
            if (bulk.isOfAll() != all.orElse(false)) {
                throw new InvalidValueException(
                        "filter", "there must be a filter, or \"all\":true and no filter", List.of());
            }
            return new Asked(bulk, dryRun.orElse(false));
        };
    }
}
