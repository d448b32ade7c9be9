package dev.asyncjob.http.internal.work;

import dev.asyncjob.application.JobReader;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.text.ExplanationText;
import dev.asyncjob.application.text.Languages;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.OperatorJson;
import io.javalin.http.Context;
import org.jspecify.annotations.Nullable;

/**
 * One job with its attempts, and why it is as it is: all of it for operators, and for its owner what tells nothing of
 * others (contract section 2). Safe for use from any thread.
 */
public final class ExplainRoutes {
    private static final String LANGUAGES = "Accept-Language";

    private final JobReader reader;

    public ExplainRoutes(JobReader reader) {
        this.reader = reader;
    }

    /** Whether a client reads the jobs of all owners. */
    static boolean readsAll(Access access) {
        return access.scopes().contains(Scope.JOB_ADMIN) || access.scopes().contains(Scope.JOB_READ_ALL);
    }

    /** Answers with a job: of any owner to operators, otherwise of the client's own. */
    public void read(Context ctx, Access access) {
        write(ctx, readsAll(access) ? null : access.owner());
    }

    /** Answers with a job of the client's own, also to operators. */
    public void readOwn(Context ctx, Access access) {
        write(ctx, access.owner());
    }

    /** Explains a job: of any owner to operators, otherwise of the client's own. */
    public void explain(Context ctx, Access access) {
        explain(ctx, readsAll(access) ? null : access.owner());
    }

    /** Explains a job of the client's own, also to operators. */
    public void explainOwn(Context ctx, Access access) {
        explain(ctx, access.owner());
    }

    private void write(Context ctx, @Nullable Owner owner) {
        HttpExchange.write(ctx, Answer.json(200, OperatorJson.job(facts(ctx, owner), owner == null)));
    }

    private void explain(Context ctx, @Nullable Owner owner) {
        JobFacts facts = facts(ctx, owner);
        Explanation all = Explanation.of(facts);
        Explanation explanation = owner == null ? all : all.forOwner();
        ExplanationText text = Languages.preferredBy(HttpExchange.headers(ctx, LANGUAGES));
        ctx.header("Vary", HttpExchange.VARY + ", " + LANGUAGES);
        ctx.header("Content-Language", text.language());
        HttpExchange.write(
                ctx, Answer.json(200, OperatorJson.explained(facts, explanation, explanation.as(text), owner == null)));
    }

    private JobFacts facts(Context ctx, @Nullable Owner owner) {
        return reader.facts(owner, HttpExchange.jobId(ctx, "id")).orElseThrow(ApiError::taskNotFound);
    }
}
