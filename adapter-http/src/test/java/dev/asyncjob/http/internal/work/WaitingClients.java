package dev.asyncjob.http.internal.work;

import dev.asyncjob.application.AwaitClaim;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.http.ApiFixture;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Claims that wait until a test says so; those that find work at once do not. */
public final class WaitingClients implements AwaitClaim {
    private final JobStore store;
    private final BlockingQueue<Waiter> arrivals = new LinkedBlockingQueue<>();

    public WaitingClients(JobStore store) {
        this.store = store;
    }

    /** One waiting worker: its claim, and the longest time that it waits. */
    record Waiter(Claim claim, Duration most, CompletableFuture<List<ClaimedJob>> answer) {}

    @Override
    public CompletionStage<List<ClaimedJob>> awaitClaim(Claim claim, Duration wait) {
        failByName(claim);
        CompletableFuture<List<ClaimedJob>> answer = new CompletableFuture<>();
        List<ClaimedJob> found = store.claim(claim);
        if (found.isEmpty()) {
            arrivals.add(new Waiter(claim, wait, answer));
        } else {
            answer.complete(found);
        }
        return answer;
    }

    /** Fails for kinds that say so. */
    public static void failByName(Claim claim) {
        if (claim.kinds().contains(new JobKind("unreachable"))) {
            throw new StoreUnavailable(new IOException(ApiFixture.SECRET_CAUSE));
        }
        if (claim.kinds().contains(new JobKind("broken"))) {
            throw new IllegalStateException(ApiFixture.SECRET_CAUSE);
        }
        if (claim.kinds().contains(new JobKind("invalid"))) {
            throw new InvalidValueException("range", "refused late", List.of());
        }
    }

    /** The next worker that begins to wait. */
    Waiter next() throws InterruptedException {
        return Objects.requireNonNull(arrivals.poll(10, TimeUnit.SECONDS), "no worker waits");
    }

    /** Whether no worker waits besides those that {@link #next()} returned. */
    boolean isEmpty() {
        return arrivals.isEmpty();
    }

    /** Looks for work again, on the thread that calls. */
    void serve(Waiter waiter) {
        waiter.answer().complete(store.claim(waiter.claim()));
    }
}
