package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call for many callers: those who come while one is under way wait, and the first of them makes the next for all.
 *
 * <p>It has no thread and no timer. A caller who meets nobody calls at once, in his own thread; each gets his own
 * answer or his own exception. Safe for use from any thread.
 */
final class Batcher<Q, A> {
    /** Questions in one call at most. */
    static final int MAX = 200;

    /** Who has waited for longer when a call fails, fails with it: the next would take him past three seconds. */
    private static final Duration PATIENCE = Duration.ofMillis(400);

    /** How long single calls may take that one caller's batch needs: many time limits must not add up. */
    static final Duration SINGLES = Duration.ofSeconds(5);

    private final Function<List<Q>, List<Optional<A>>> together;
    private final Function<Q, A> alone;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Place<Q, A>> waiting = new ArrayDeque<>();
    private boolean underWay;

    /**
     * Nobody waits yet.
     *
     * @param together answers in the order of the questions, with nothing to those that are to be asked alone
     * @param alone may wait for others, and keeps none of the callers waiting but its own
     */
    Batcher(Function<List<Q>, List<Optional<A>>> together, Function<Q, A> alone) {
        this.together = together;
        this.alone = alone;
    }

    /** A caller who waits: for an answer, or for the lead. */
    private static final class Place<Q, A> {
        final Q question;
        final long since = System.nanoTime();

        /** Completed with whether he leads the next call; if not, he has been answered. */
        final CompletableFuture<Boolean> turn = new CompletableFuture<>();

        Optional<A> answer = Optional.empty();

        @Nullable
        RuntimeException failure;

        Place(Q question) {
            this.question = question;
        }

        boolean isImpatient() {
            return System.nanoTime() - since > PATIENCE.toNanos();
        }
    }

    /** The answer to one question. */
    A answerTo(Q question) {
        Place<Q, A> mine = new Place<>(question);
        if (isFirst(mine) || mine.turn.join()) {
            lead();
        }
        if (mine.failure != null) {
            throw mine.failure;
        }
        return mine.answer.orElseGet(() -> alone.apply(question));
    }

    /**
     * The answers to many questions of one caller, who waits for no other caller: together where that is possible, then
     * one by one. Once the store is unavailable, or single calls have taken {@link #SINGLES}, the rest fails. Never
     * throws.
     */
    List<EntryResult<A>> answersTo(List<Q> questions) {
        Rest rest = new Rest();
        List<EntryResult<A>> answers = new ArrayList<>();
        for (int from = 0; from < questions.size(); from += MAX) {
            List<Q> some = questions.subList(from, Math.min(from + MAX, questions.size()));
            List<Optional<EntryResult<A>>> found = together(some, rest);
            for (int i = 0; i < some.size(); i++) {
                Q question = some.get(i);
                answers.add(found.get(i).orElseGet(() -> answerAlone(question, rest)));
            }
        }
        return answers;
    }

    /** What becomes of the entries of one caller that are not answered yet. */
    private static final class Rest {
        @Nullable
        StoreUnavailable outage;

        long nanosAlone;
    }

    private List<Optional<EntryResult<A>>> together(List<Q> questions, Rest rest) {
        try {
            if (rest.outage == null) {
                return together.apply(questions).stream()
                        .map(found -> found.<EntryResult<A>>map(EntryResult.Answered::new))
                        .toList();
            }
        } catch (StoreUnavailable e) {
            rest.outage = e;
        } catch (RuntimeException e) { // one entry that cannot be answered must not affect the others
            if (questions.size() == 1) {
                return List.of(Optional.of(new EntryResult.Failed<>(e)));
            }
        }
        return Collections.nCopies(questions.size(), Optional.empty());
    }

    private EntryResult<A> answerAlone(Q question, Rest rest) {
        StoreUnavailable outage = rest.outage;
        if (outage == null && rest.nanosAlone > SINGLES.toNanos()) {
            outage = new StoreUnavailable(new TimeoutException("single calls took too long"));
        }
        if (outage != null) {
            return new EntryResult.Failed<>(outage);
        }
        long begun = System.nanoTime();
        try {
            return new EntryResult.Answered<>(alone.apply(question));
        } catch (StoreUnavailable e) {
            rest.outage = e;
            return new EntryResult.Failed<>(e);
        } catch (RuntimeException e) {
            return new EntryResult.Failed<>(e);
        } finally {
            rest.nanosAlone += System.nanoTime() - begun;
        }
    }

    /** How many wait; for tests. */
    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean isFirst(Place<Q, A> mine) {
        lock.lock();
        try {
            waiting.add(mine);
            boolean first = !underWay;
            underWay = true;
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Calls for all who wait, then lets them go, and passes the lead on. */
    private void lead() {
        boolean interrupted = Thread.interrupted(); // that is the leader's affair, not the others'
        List<Place<Q, A>> all = gathered();
        StoreUnavailable outage = null;
        try {
            List<Optional<A>> answers =
                    ask(all.stream().map(place -> place.question).toList());
            for (int i = 0; i < all.size(); i++) {
                all.get(i).answer = answers.get(i);
            }
        } catch (StoreUnavailable e) {
            outage = e;
            all.forEach(place -> place.failure = new StoreUnavailable(e));
        } catch (RuntimeException e) {
            all.forEach(place -> place.failure = e);
        } finally {
            all.forEach(place -> place.turn.complete(false));
            passOn(outage);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One that cannot be answered must not keep others from their answers: then each asks alone. */
    private List<Optional<A>> ask(List<Q> questions) {
        try {
            return together.apply(questions);
        } catch (StoreUnavailable e) {
            throw e;
        } catch (RuntimeException e) {
            if (questions.size() == 1) {
                throw e;
            }
            return Collections.nCopies(questions.size(), Optional.empty());
        }
    }

    private List<Place<Q, A>> gathered() {
        lock.lock();
        try {
            List<Place<Q, A>> all = new ArrayList<>();
            for (Place<Q, A> next = waiting.poll(); next != null; next = all.size() < MAX ? waiting.poll() : null) {
                all.add(next);
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    private void passOn(@Nullable StoreUnavailable outage) {
        List<Place<Q, A>> impatient = new ArrayList<>();
        Place<Q, A> next;
        lock.lock();
        try {
            if (outage != null) {
                waiting.stream().filter(Place::isImpatient).forEach(impatient::add);
                waiting.removeAll(impatient);
            }
            next = waiting.peek();
            underWay = next != null;
        } finally {
            lock.unlock();
        }
        for (Place<Q, A> place : impatient) {
            place.failure = new StoreUnavailable(Objects.requireNonNull(outage));
            place.turn.complete(false);
        }
        if (next != null) {
            next.turn.complete(true);
        }
    }
}
