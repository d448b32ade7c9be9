package dev.asyncjob.http.internal.work;

import static dev.asyncjob.http.internal.body.JsonFields.array;
import static dev.asyncjob.http.internal.body.JsonFields.count;
import static dev.asyncjob.http.internal.body.JsonFields.duration;
import static dev.asyncjob.http.internal.body.JsonFields.instant;
import static dev.asyncjob.http.internal.body.JsonFields.number;
import static dev.asyncjob.http.internal.body.JsonFields.text;
import static dev.asyncjob.http.internal.body.JsonFields.whole;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.application.AwaitClaim;
import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.Statement;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.http.internal.access.ClientSlots;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.internal.body.JsonFields;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.JobJson;
import dev.asyncjob.http.internal.exchange.Prefer;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Request;

/** Claims and renewals of leases (contract section 2). Safe for use from any thread. */
public final class WorkerRoutes {
    /** The token is not the newest of the job, or another outcome was reported with it. */
    static final ApiError.Invalid LEASE_LOST = ApiError.Invalid.property(
            "$.token", "lease_lost", "the lease is lost, or was settled with another outcome; stop working");

    private final WorkQueue queue;
    private final AwaitClaim claims;
    private final Duration defaultLease;
    private final DeferredResponses deferredResponses;
    private final HttpSettings settings;
    private final ClientSlots<Owner> held;

    /**
     * Routes over one queue.
     *
     * @param defaultLease the length of a lease if the worker does not name one
     */
    public WorkerRoutes(
            WorkQueue queue,
            AwaitClaim claims,
            Duration defaultLease,
            DeferredResponses deferredResponses,
            HttpSettings settings) {
        this.queue = queue;
        this.claims = claims;
        this.defaultLease = Lease.length(defaultLease);
        this.deferredResponses = deferredResponses;
        this.settings = settings;
        this.held =
                new ClientSlots<>(settings.limits().shareOf(settings.limits().heldClaims()));
    }

    /** Answers with claimed jobs, at once or when there are any. */
    public void claim(Context ctx, Access access) throws IOException {
        JsonNode body = JsonBody.object(ctx, settings.maxBody());
        Claim claim = JsonFields.read(body, "$", fields -> claim(fields, access.client()));
        Optional<Duration> wait = Prefer.grantedWait(ctx, settings.maxWait());
        if (wait.orElse(Duration.ZERO).isZero()) {
            answer(ctx, claim, queue.claim(claim));
            return;
        }
        try (ClientSlots<Owner>.Slot slot = held.take(access.client())) {
            if (slot == null) {
                Prefer.refuseWait(ctx);
                ctx.header("Retry-After", "1");
                answer(ctx, claim, queue.claim(claim));
                return;
            }
            CompletableFuture<List<ClaimedJob>> work =
                    claims.awaitClaim(claim, wait.get()).toCompletableFuture();
            slot.keptUntil(work);
            deferredResponses.defer(ctx, work, () -> work.complete(List.of()), jobs -> answer(ctx, claim, jobs));
        }
    }

    /** Answers with the renewed lease of one job. */
    public void renew(Context ctx, Access access) throws IOException {
        JobId id = HttpExchange.jobId(ctx, "id");
        JsonNode body = JsonBody.object(ctx, settings.maxBody());
        Renewal renewal = JsonFields.read(body, "$", this::renewal);
        Lease lease = renew(id, renewal)
                .fold(
                        renewed -> renewed,
                        job -> {
                            throw ApiError.conflict(job, LEASE_LOST);
                        },
                        () -> {
                            throw ApiError.taskNotFound();
                        });
        HttpExchange.write(ctx, Answer.json(200, JobJson.lease(lease)));
    }

    /** Jobs that no worker gets to see are released, so that they lose no attempt. */
    private void answer(Context ctx, Claim claim, List<ClaimedJob> jobs) {
        List<HeldLease> leases = jobs.stream()
                .map(job -> new HeldLease(job.job().id(), job.lease().token()))
                .toList();
        try {
            HttpExchange.write(ctx, Answer.json(200, JobJson.claims(jobs)));
        } catch (Throwable e) { // no memory for the answer
            release(leases);
            throw e;
        }
        if (claim.id() == null && !leases.isEmpty()) { // a claim with an id may be repeated, and gets the same jobs
            Executor threads = DeferredResponses.threadsFor(ctx);
            Request.addCompletionListener(HttpExchange.request(ctx), failure -> {
                if (failure != null) {
                    threads.execute(() -> release(leases));
                }
            });
        }
    }

    private void release(List<HeldLease> leases) {
        for (HeldLease lease : leases) {
            try {
                queue.release(lease.id(), lease.token());
            } catch (StoreUnavailable e) {
                return; // the leases run out
            }
        }
    }

    private Supplier<Claim> claim(JsonFields fields, Owner client) {
        var kinds = fields.required("kinds", JsonFields.of(array(ProducerRoutes.kind()), WorkerRoutes::kinds));
        var max = fields.required("max", count(WorkerRoutes::max));
        var lease = fields.optional("lease", duration(Lease::length));
        var worker = fields.required("worker", text(WorkerId::new));
        var id = fields.optional("claimId", text(name -> ClaimId.of(client, name)));
        return () -> new Claim(worker.get(), kinds.get(), max.get(), lease.orElse(defaultLease), id.orNull());
    }

    private static Set<JobKind> kinds(List<JobKind> kinds) {
        Set<JobKind> distinct = new HashSet<>(kinds);
        if (distinct.size() < kinds.size()) {
            throw new InvalidValueException("distinct", "kinds must be distinct", List.of());
        }
        return claimOf(distinct, 1).kinds();
    }

    private static int max(int max) {
        return claimOf(Set.of(new JobKind("any")), max).max();
    }

    /** Has the domain check one part alone, so that the error names that part. */
    private static Claim claimOf(Set<JobKind> kinds, int max) {
        return new Claim(new WorkerId("any"), kinds, max, Lease.MIN);
    }

    private record Renewal(LeaseToken token, LeaseExtension extension) {}

    private Supplier<Renewal> renewal(JsonFields fields) {
        var token = fields.required("token", whole(LeaseToken::new));
        var lease = fields.optional("lease", duration(Lease::length));
        var eta =
                fields.optional("eta", JsonFields.of(instant(), end -> new LeaseExtension(Lease.MIN, end, null).eta()));
        var progress = fields.optional(
                "progress",
                JsonFields.of(number(), percent -> new LeaseExtension(Lease.MIN, null, percent).progress()));
        var message = fields.optional("message", text(said -> new Statement(null, said).message()));
        return () -> new Renewal(
                token.get(),
                new LeaseExtension(lease.orElse(defaultLease), eta.orNull(), progress.orNull(), message.orNull()));
    }

    private RenewResult renew(JobId id, Renewal renewal) {
        try {
            return queue.renew(id, renewal.token(), renewal.extension());
        } catch (InvalidValueException e) { // only the store, whose clock counts, knows whether the eta has passed
            throw ApiError.invalid(List.of(ApiError.Invalid.of("json_data_property", "$.eta", e)));
        }
    }
}
