package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls that the queries of one batch need one by one. Once the store is unavailable, or the calls have taken
 * {@link #LIMIT}, no further call is made. Not safe for use from several threads at once.
 */
final class SingleCalls<Q, A> {
    /** How long the calls may take altogether, since the time limits of many calls add up. */
    static final Duration LIMIT = Duration.ofSeconds(5);

    private final Function<Q, A> alone;
    private final LongSupplier nanoTime;
    private @Nullable StoreUnavailable outage;
    private long nanos;

    SingleCalls(Function<Q, A> alone, LongSupplier nanoTime) {
        this.alone = alone;
        this.nanoTime = nanoTime;
    }

    /** Tries one call for many queries; the entries that it leaves empty are to be asked alone. */
    List<Optional<EntryResult<A>>> firstTogether(List<Q> queries, Function<List<Q>, List<Optional<A>>> together) {
        try {
            if (outage == null) {
                return together.apply(queries).stream()
                        .map(found -> found.<EntryResult<A>>map(EntryResult.Answered::new))
                        .toList();
            }
        } catch (StoreUnavailable e) {
            outage = e;
        } catch (RuntimeException e) { // one query must not fail the others
            if (queries.size() == 1) {
                return List.of(Optional.of(new EntryResult.Failed<>(e)));
            }
        }
        return Collections.nCopies(queries.size(), Optional.empty());
    }

    /** Asks one query alone. */
    EntryResult<A> ask(Q query) {
        if (outage == null && nanos > LIMIT.toNanos()) {
            outage = new StoreUnavailable(new TimeoutException("single calls took too long"));
        }
        if (outage != null) {
            return new EntryResult.Failed<>(outage);
        }
        long start = nanoTime.getAsLong();
        try {
            return new EntryResult.Answered<>(alone.apply(query));
        } catch (RuntimeException e) {
            outage = e instanceof StoreUnavailable unavailable ? unavailable : null;
            return new EntryResult.Failed<>(e);
        } finally {
            nanos += nanoTime.getAsLong() - start;
        }
    }
}
