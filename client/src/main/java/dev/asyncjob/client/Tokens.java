package dev.asyncjob.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bearer tokens of one client: fixed, or those that a supplier gives. The supplier runs on
 * {@link ClientThreads#CALLS}, once at a time, for all that ask meanwhile. Safe for use from any thread.
 */
final class Tokens {
    /** How long a supplier may take. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Calls of a supplier that do not return, at most; with so many, none is made until one returns. */
    private static final int MAX_STUCK = 4;

    private final Supplier<String> supplier;
    private final Duration limit;

    /** How many calls run. Guarded by this. */
    private int running;

    /** What the call in progress will give. Guarded by this. */
    private @Nullable CompletableFuture<String> asking;

    Tokens(Supplier<String> supplier) {
        this(supplier, LIMIT);
    }

    /** @param limit how long a call of the supplier may take */
    Tokens(Supplier<String> supplier, Duration limit) {
        this.supplier = supplier;
        this.limit = limit;
    }

    /** A token that never changes. */
    record Fixed(String value) implements Supplier<String> {
        @Override
        public String get() {
            return value;
        }

        @Override
        public String toString() {
            return "Fixed";
        }
    }

    /** The token of the next request; fails with {@link JobClientException} if the supplier gives none. */
    CompletableFuture<String> next() {
        if (supplier instanceof Fixed fixed) {
            return CompletableFuture.completedFuture(fixed.value());
        }
        CompletableFuture<String> asked = asked();
        CompletableFuture<String> token = asked.copy();
        Future<?> late = ClientThreads.in(limit, () -> {
            isStuck(asked);
            token.completeExceptionally(failure("the token supplier does not return", null));
        });
        var unused = token.whenComplete((given, thrown) -> late.cancel(false));
        return token;
    }

    private synchronized CompletableFuture<String> asked() {
        if (asking == null) {
            CompletableFuture<String> fresh = new CompletableFuture<>();
            ClientThreads.CALLS.execute(() -> ask(fresh));
            asking = fresh;
            running++;
        }
        return asking;
    }

    /** Lets the next request ask again. */
    private synchronized void isStuck(CompletableFuture<String> asked) {
        if (asking == asked && running < MAX_STUCK) {
            asking = null;
        }
    }

    private void ask(CompletableFuture<String> fresh) {
        String token = "";
        JobClientException failure = failure("the token supplier gave no token of visible ASCII", null);
        try {
            token = supplier.get();
        } catch (Throwable e) { // an Error, too: the calls must end
            failure = failure("the token supplier failed: " + e.getClass().getName(), e);
        }
        synchronized (this) {
            running--;
            asking = null; // a later request may need a newer token
        }
        if (isHeader(token)) {
            fresh.complete(token);
        } else {
            fresh.completeExceptionally(failure);
        }
    }

    /** Whether it can be sent in a header: visible ASCII. */
    static boolean isHeader(@Nullable String secret) {
        return secret != null && !secret.isEmpty() && secret.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    private static JobClientException failure(String message, @Nullable Throwable cause) {
        JobClientException failure = new JobClientException(0, "", message);
        return cause == null ? failure : (JobClientException) failure.initCause(cause);
    }
}
