package dev.asyncjob.http.internal.work;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.asyncjob.application.JobEraser;
import dev.asyncjob.application.JobReader;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.internal.body.QueryFields;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.JobJson;
import io.javalin.http.Context;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;

/**
 * Lists of jobs, of all for operators and of its own for every other client, and the erasing of an owner's jobs
 * (contract section 2). Safe for use from any thread.
 */
public final class OperatorRoutes {
    /** Jobs on a page if the request has no {@code limit}. */
    static final int DEFAULT_LIMIT = 20;

    private static final Pattern WHOLE = Pattern.compile("[0-9]{1,9}");

    private static final Logger LOG = System.getLogger(Authenticator.SECURITY_LOG);

    private static final JsonMapper JSON = new JsonMapper();

    private final JobReader reader;
    private final JobEraser eraser;

    public OperatorRoutes(JobReader reader, JobEraser eraser) {
        this.reader = reader;
        this.eraser = eraser;
    }

    /** Answers with one page of the list: of all jobs for operators, otherwise of the client's own. */
    public void list(Context ctx, Access access) {
        if (ExplainRoutes.readsAll(access)) {
            JobFilter filter = filter(ctx);
            write(ctx, filter, reader.list(filter));
        } else {
            listOwn(ctx, access);
        }
    }

    /**
     * Answers with one page of the client's own jobs, also to operators. The query has the owner of the credentials.
     */
    public void listOwn(Context ctx, Access access) {
        JobFilter asked = filter(ctx);
        if (asked.owner() != null && !asked.owner().equals(access.owner())) {
            ctx.attribute(HttpExchange.REASON, "foreign-owner");
            throw ApiError.forbidden(List.of(Scope.JOB_ADMIN));
        }
        write(ctx, asked, reader.list(asked.withOwner(access.owner())).forOwner());
    }

    private static void write(Context ctx, JobFilter asked, JobPage page) {
        String next = page.next().map(place -> PageCursor.write(asked, place)).orElse(null);
        HttpExchange.write(ctx, Answer.json(200, JobJson.page(page, next)));
    }

    /** A new intervention of the client that sends a request. */
    static Intervention intervention(Context ctx, Access access) {
        return new Intervention(UUID.randomUUID(), access.owner(), HttpExchange.requestId(ctx));
    }

    /** Forgets the ended jobs of an owner, and answers how many. */
    public void erase(Context ctx, Access access) {
        QueryFields query = QueryFields.of(ctx, List.of("owner"));
        Owner owner = query.required("owner", Owner::new);
        query.requireValid();
        JobEraser.Erasure erasure = erase(ctx, access, Objects.requireNonNull(owner));
        if (erasure.pending() > 0) {
            String pending = Integer.toString(erasure.pending());
            throw ApiError.conflict(
                    null,
                    new ApiError.Invalid(
                            "query_parameter",
                            "owner",
                            "pending",
                            "the owner has " + pending + " pending jobs; nothing is forgotten",
                            List.of(pending)));
        }
        HttpExchange.write(ctx, Answer.json(200, JobJson.forgotten(erasure.forgotten())));
    }

    private JobEraser.Erasure erase(Context ctx, Access access, Owner owner) {
        log(ctx, access, owner, "erasing", line -> line); // the process may end before the erasure does
        try {
            JobEraser.Erasure erasure = eraser.erase(owner, intervention(ctx, access));
            log(
                    ctx,
                    access,
                    owner,
                    "erased",
                    line -> line.put("forgotten", erasure.forgotten()).put("pending", erasure.pending()));
            return erasure;
        } catch (Throwable e) { // a part of the jobs may be forgotten
            log(ctx, access, owner, "erased", line -> line.put("failed", true));
            throw e;
        }
    }

    private static void log(Context ctx, Access access, Owner owner, String event, UnaryOperator<ObjectNode> outcome) {
        Instant at = Instant.ofEpochMilli(Request.getTimeStamp(HttpExchange.request(ctx)));
        ObjectNode line = JSON.createObjectNode().put("time", at.toString()).put("event", event);
        line.put("request_id", HttpExchange.requestId(ctx));
        line.put("client", access.client().value()).put("owner", owner.value());
        LOG.log(Level.INFO, outcome.apply(line).toString());
    }

    private static JobFilter filter(Context ctx) {
        QueryFields query =
                QueryFields.of(ctx, List.of("status", "kind", "owner", "reference", "overdue", "cursor", "limit"));
        var status = query.value("status", OperatorRoutes::status);
        var kind = query.value("kind", JobKind::new);
        var owner = query.value("owner", Owner::new);
        var reference = query.value("reference", Reference::new);
        var overdue = query.value("overdue", OperatorRoutes::flag);
        var cursor = query.value("cursor", OperatorRoutes::notEmpty);
        var limit = query.value("limit", OperatorRoutes::limit);
        query.requireValid();
        JobFilter filter =
                new JobFilter(status, kind, owner, reference, overdue, null, limit == null ? DEFAULT_LIMIT : limit);
        return cursor == null ? filter : filter.after(PageCursor.read(filter, cursor));
    }

    private static JobStatus status(String text) {
        return Arrays.stream(JobStatus.values())
                .filter(status -> status.name().equals(text))
                .findFirst()
                .orElseThrow(() -> new InvalidValueException(
                        "format", "status must be PENDING, FAILED or DONE", List.of("PENDING", "FAILED", "DONE")));
    }

    private static boolean flag(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new InvalidValueException("format", "overdue must be true or false", List.of("true", "false"));
        }
        return text.equals("true");
    }

    static String notEmpty(String text) {
        if (text.isEmpty()) {
            throw new InvalidValueException("format", "cursor must be one that paging.next told", List.of());
        }
        return text;
    }

    static int limit(String text) {
        int number = WHOLE.matcher(text).matches() ? Integer.parseInt(text) : 0;
        return JobFilter.ANY.withLimit(number).limit();
    }
}
