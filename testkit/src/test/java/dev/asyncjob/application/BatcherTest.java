package dev.asyncjob.application;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.StoreUnavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queries are numbers, answers their text; odd ones are to be asked alone, and 13 always fails. */
@Timeout(60)
class BatcherTest {
    private static final int UNLUCKY = 13;
    private static final int MAX = 200;

    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final List<List<Integer>> calls = Collections.synchronizedList(new ArrayList<>());
    private final List<Integer> askedAlone = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicLong nanos = new AtomicLong();
    private final Batcher<Integer, String> batcher =
            new Batcher<>(MAX, this::together, this::alone, new GivenTime(nanos::get));

    private List<Optional<String>> together(List<Integer> numbers) {
        calls.add(numbers);
        if (numbers.contains(0)) {
            begun.countDown();
            await(gate);
        }
        if (numbers.contains(-1)) {
            begun.countDown();
            await(gate);
            throw new StoreUnavailable(new IOException("down on purpose"));
        }
        if (numbers.contains(UNLUCKY)) {
            throw new IllegalArgumentException("unlucky");
        }
        return numbers.stream()
                .map(number -> number % 2 == 0 ? Optional.of(Integer.toString(number)) : Optional.<String>empty())
                .toList();
    }

    private String alone(int number) {
        askedAlone.add(number);
        if (number == UNLUCKY) {
            throw new IllegalArgumentException("unlucky");
        }
        return "alone " + number;
    }

    @AfterEach
    void end() {
        gate.countDown();
        callers.shutdown();
    }

    @Test
    void a_single_caller_calls_at_once() {
        assertThat(batcher.answerTo(2)).isEqualTo("2");
        assertThat(batcher.answerTo(4)).isEqualTo("4");
        assertThat(calls).containsExactly(List.of(2), List.of(4));
    }

    @Test
    void a_query_that_cannot_be_answered_together_is_asked_alone() {
        assertThat(batcher.answerTo(3)).isEqualTo("alone 3");
        assertThat(askedAlone).containsExactly(3);
    }

    @Test
    void queries_that_arrive_while_a_call_is_in_flight_form_one_batch() {
        CompletableFuture<String> first = ask(0);
        await(begun);
        List<CompletableFuture<String>> others =
                IntStream.rangeClosed(1, 10).mapToObj(this::ask).toList();
        awaitWaiting(10);
        gate.countDown();

        assertThat(first.join()).isEqualTo("0");
        assertThat(others.stream().map(CompletableFuture::join))
                .containsExactly("alone 1", "2", "alone 3", "4", "alone 5", "6", "alone 7", "8", "alone 9", "10");
        assertThat(calls).hasSize(2);
    }

    @Test
    void a_failing_query_does_not_fail_the_other_queries_of_its_batch() {
        var unused = ask(0);
        await(begun);
        List<CompletableFuture<String>> others = List.of(ask(2), ask(UNLUCKY), ask(4));
        awaitWaiting(3);
        gate.countDown();

        assertThat(others.get(0).join()).isEqualTo("alone 2");
        assertThat(others.get(2).join()).isEqualTo("alone 4");
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> others.get(1).join())
                .withCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void the_failure_of_a_single_query_is_thrown_unchanged() {
        assertThatIllegalArgumentException().isThrownBy(() -> batcher.answerTo(UNLUCKY));
        assertThat(batcher.answerTo(2)).isEqualTo("2");
    }

    @Test
    void a_query_that_has_just_arrived_is_asked_after_an_outage() {
        CompletableFuture<String> failing = ask(-1);
        await(begun);
        CompletableFuture<String> other = ask(2);
        awaitWaiting(1);
        gate.countDown();

        assertUnavailable(failing);
        assertThat(other.join()).isEqualTo("2");
    }

    @Test
    void a_query_that_has_waited_longer_than_the_patience_fails_with_the_outage() {
        CompletableFuture<String> failing = ask(-1);
        await(begun);
        CompletableFuture<String> other = ask(2);
        awaitWaiting(1);
        nanos.addAndGet(Batcher.PATIENCE.toNanos() + 1);
        gate.countDown();

        assertUnavailable(failing);
        assertUnavailable(other);
        assertThat(calls).hasSize(1);
        assertThat(batcher.answerTo(4)).isEqualTo("4");
    }

    @Test
    void an_interrupt_neither_reaches_the_call_nor_gets_lost() {
        Batcher<Integer, Boolean> interrupts = new Batcher<>(
                MAX, numbers -> List.of(Optional.of(Thread.currentThread().isInterrupted())), number -> true);

        Thread.currentThread().interrupt();
        boolean seen = interrupts.answerTo(1);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(seen).isFalse();
    }

    @Test
    void many_queries_of_one_caller_are_split_into_batches() {
        List<Integer> even = IntStream.range(1, 501).mapToObj(i -> 2 * i).toList();

        assertThat(batcher.answersTo(even))
                .extracting(EntryResult::orThrow)
                .hasSize(500)
                .startsWith("2", "4")
                .endsWith("1000");
        assertThat(calls).extracting(List::size).containsExactly(200, 200, 100);
        assertThat(batcher.answersTo(List.of(2, 3)))
                .extracting(EntryResult::orThrow)
                .containsExactly("2", "alone 3");
    }

    @Test
    void once_single_calls_have_taken_their_limit_no_further_entry_is_tried() {
        Duration each = Deadline.LIMIT.dividedBy(2).plusMillis(1);
        Batcher<Integer, String> slow = new Batcher<>(
                MAX,
                this::together,
                number -> {
                    nanos.addAndGet(each.toNanos());
                    return alone(number);
                },
                new GivenTime(nanos::get));

        List<EntryResult<String>> results = slow.answersTo(List.of(1, 2, 3, 5, 7));

        assertThat(results.subList(0, 3)).extracting(EntryResult::orThrow).containsExactly("alone 1", "2", "alone 3");
        assertThat(results.subList(3, 5))
                .allSatisfy(result ->
                        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(result::orThrow));
        assertThat(askedAlone).containsExactly(1, 3);
    }

    @Test
    void single_calls_may_take_their_limit_together() {
        Batcher<Integer, String> slow = new Batcher<>(
                MAX,
                this::together,
                number -> {
                    nanos.addAndGet(Deadline.LIMIT.toNanos() / 2);
                    return alone(number);
                },
                new GivenTime(nanos::get));

        assertThat(slow.answersTo(List.of(1, 3, 5)))
                .extracting(EntryResult::orThrow)
                .containsExactly("alone 1", "alone 3", "alone 5");
    }

    @Test
    void after_an_outage_no_further_entry_is_tried() {
        gate.countDown();
        Batcher<Integer, String> unavailable = new Batcher<>(MAX, this::together, number -> {
            askedAlone.add(number);
            throw new StoreUnavailable(new IOException("down on purpose"));
        });

        assertThat(unavailable.answersTo(List.of(2, 3, 5)))
                .extracting(result -> result.fold(
                        answer -> answer, failure -> failure.getClass().getSimpleName()))
                .containsExactly("2", "StoreUnavailable", "StoreUnavailable");
        assertThat(askedAlone).containsExactly(3);
        assertThat(batcher.answersTo(List.of(-1, 3)))
                .allSatisfy(result ->
                        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(result::orThrow));
        assertThat(askedAlone).containsExactly(3);
    }

    @Test
    void asynchronous_and_blocked_callers_share_a_batch() {
        var unused = ask(0);
        await(begun);
        CompletableFuture<String> async = batcher.answerTo(2, callers);
        CompletableFuture<String> same = batcher.answerTo(2, callers);
        CompletableFuture<String> blocked = ask(4);
        CompletableFuture<String> single = batcher.answerTo(3, callers);
        awaitWaiting(3);
        gate.countDown();

        assertThat(async.join()).isEqualTo("2");
        assertThat(same).isSameAs(async);
        assertThat(blocked.join()).isEqualTo("4");
        assertThat(single.join()).isEqualTo("alone 3");
        assertThat(calls).hasSize(2);
        assertThat(calls.get(1)).containsExactlyInAnyOrder(2, 3, 4);
    }

    @Test
    void an_error_in_a_call_reaches_the_caller_and_does_not_end_the_batcher() {
        Batcher<Integer, String> failing = new Batcher<>(
                MAX,
                numbers -> {
                    calls.add(numbers);
                    if (numbers.contains(0)) {
                        throw new StackOverflowError("on purpose");
                    }
                    return together(numbers);
                },
                this::alone);

        assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> failing.answerTo(0));
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> failing.answerTo(0, Runnable::run).join())
                .withCauseInstanceOf(StackOverflowError.class);
        assertThat(failing.answerTo(2)).isEqualTo("2");
    }

    @Test
    void an_executor_without_threads_does_not_end_the_batcher() {
        AtomicInteger refusals = new AtomicInteger();
        List<Runnable> accepted = new ArrayList<>();
        Executor exhausted = task -> {
            accepted.add(task);
            refusals.incrementAndGet();
            throw new InternalError("unable to create native thread");
        };

        assertThat(batcher.answerTo(2, exhausted).join()).isEqualTo("2");
        accepted.forEach(Runnable::run);
        assertThat(batcher.answerTo(4)).isEqualTo("4");
        assertThat(refusals).hasValue(1);
        assertThat(calls).containsExactly(List.of(2), List.of(4));
    }

    /** Timers that run when the test says so, and threads that may be wanting. */
    private final class Scarce extends GivenTime {
        private final Queue<Runnable> timers = new ConcurrentLinkedQueue<>();
        private volatile boolean withoutThreads;

        Scarce() {
            super(nanos::get);
        }

        @Override
        public Runnable after(Duration delay, Runnable task) {
            if (withoutThreads && timers.isEmpty()) {
                throw new InternalError("no timer on purpose");
            }
            timers.add(task);
            return () -> {};
        }

        @Override
        public void execute(Runnable task) {
            if (withoutThreads) {
                throw new InternalError("no thread on purpose");
            }
            task.run();
        }

        private void timeIsUp() {
            List<Runnable> due = List.copyOf(timers);
            due.forEach(Runnable::run);
            timers.removeAll(due);
        }
    }

    @Test
    void the_watch_over_a_call_survives_the_want_of_a_thread_and_of_a_timer() {
        Scarce scarce = new Scarce();
        Batcher<Integer, String> watched = new Batcher<>(MAX, this::together, this::alone, scarce);
        scarce.withoutThreads = true; // no timer for the first entry
        CompletableFuture<String> stuck = watched.answerTo(0, callers);
        await(begun);
        scarce.withoutThreads = false;
        CompletableFuture<String> next = watched.answerTo(2, callers);
        nanos.addAndGet(BatchLead.LIMIT.toNanos() + 1);
        scarce.withoutThreads = true; // a timer, but no thread to look
        scarce.timeIsUp();
        assertThat(stuck).isNotDone();
        scarce.withoutThreads = false;
        scarce.timeIsUp();

        assertUnavailable(stuck);
        assertUnavailable(next);
        assertThat(watched.isLosingCalls()).isTrue();
        assertThat(watched.answerTo(4)).isEqualTo("4");
        assertThat(watched.isLosingCalls()).isFalse();
    }

    @Test
    @Tag("soak")
    void a_call_that_does_not_come_back_loses_the_lead_in_real_time_too() {
        Batcher<Integer, String> real = new Batcher<>(MAX, this::together, this::alone);
        CompletableFuture<String> stuck = real.answerTo(0, callers);
        assertUnavailable(stuck);
        assertThat(real.isLosingCalls()).isTrue();
    }

    @Test
    void a_call_that_does_not_come_back_loses_the_lead() {
        CompletableFuture<String> same = batcher.answerTo(0, callers);
        await(begun);
        CompletableFuture<String> waited = ask(2);
        awaitWaiting(1);
        nanos.addAndGet(BatchLead.LIMIT.toNanos());
        CompletableFuture<String> blocked = ask(4);
        CompletableFuture<String> asynchronous = batcher.answerTo(6, callers);
        awaitWaiting(3);
        batcher.checkLead();
        assertThat(same).isNotDone();
        nanos.addAndGet(1);

        batcher.checkLead();

        assertUnavailable(same);
        assertUnavailable(waited);
        assertThat(blocked.join()).isEqualTo("4");
        assertThat(asynchronous.join()).isEqualTo("6");
        gate.countDown();
        assertThat(batcher.answerTo(8)).isEqualTo("8");
    }

    @Test
    void a_query_to_which_an_earlier_call_left_too_little_time_fails() {
        CompletableFuture<String> first = ask(0);
        await(begun);
        CompletableFuture<String> late = ask(2);
        awaitWaiting(1);
        nanos.addAndGet(Deadline.LIMIT.minus(BatchEntry.LEAST_TIME).toNanos() + 1);
        CompletableFuture<String> other = ask(4);
        awaitWaiting(2);
        gate.countDown();

        assertThat(first.join()).isEqualTo("0");
        assertUnavailable(late);
        assertThat(other.join()).isEqualTo("4");
        assertThat(calls).containsExactly(List.of(0), List.of(4));
    }

    @Test
    void a_locked_query_does_not_fail_the_queries_behind_it() {
        Batcher<Integer, String> locked = new Batcher<>(MAX, this::together, number -> {
            if (number == 3) {
                throw new JobLocked(new IOException("locked on purpose"));
            }
            return alone(number);
        });

        assertThat(locked.answersTo(List.of(3, 5)))
                .extracting(result -> result.fold(
                        answer -> answer, failure -> failure.getClass().getSimpleName()))
                .containsExactly("JobLocked", "alone 5");
    }

    @Test
    void a_call_has_the_time_that_its_oldest_query_has_left() {
        List<Duration> left = new ArrayList<>();
        Batcher<Integer, Integer> timed = new Batcher<>(
                MAX,
                numbers -> {
                    left.add(Deadline.left());
                    begun.countDown();
                    await(gate);
                    return numbers.stream().map(Optional::of).toList();
                },
                number -> number,
                new GivenTime(nanos::get));
        CompletableFuture<Integer> first = timed.answerTo(1, callers);
        await(begun);
        CompletableFuture<Integer> second = timed.answerTo(2, callers);
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        gate.countDown();

        assertThat(first.join() + second.join()).isEqualTo(3);
        assertThat(left).hasSize(2);
        assertThat(left.get(1)).isLessThanOrEqualTo(Deadline.LIMIT.minusSeconds(1));
    }

    /** A clock that can be read so often before it has no memory once: at any place between two steps of a batcher. */
    private static final class Exhausted extends GivenTime {
        private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);

        Exhausted() {
            super(System::nanoTime);
        }

        @Override
        public long nanoTime() {
            if (left.decrementAndGet() == -1) {
                throw new InternalError("no memory on purpose");
            }
            return super.nanoTime();
        }

        @Override
        public Runnable after(Duration delay, Runnable task) {
            return super.after(Duration.ofMillis(20), task);
        }
    }

    @Test
    void every_caller_has_an_answer_wherever_memory_ends() {
        Exhausted clock = new Exhausted();
        boolean exhausted = true;
        for (int place = 0; exhausted; place++) {
            CountDownLatch start = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            clock.left.set(Integer.MAX_VALUE);
            Batcher<Integer, String> tried = new Batcher<>(
                    2,
                    numbers -> {
                        if (numbers.contains(0)) {
                            start.countDown();
                            await(go);
                            return List.of(Optional.of("0"));
                        }
                        return together(numbers);
                    },
                    this::alone,
                    clock);
            List<CompletableFuture<String>> asked = new ArrayList<>();
            asked.add(tried.answerTo(0, callers));
            await(start);
            for (int number = 2; number < 6; number++) {
                int next = number;
                asked.add(CompletableFuture.supplyAsync(() -> tried.answerTo(next), callers));
                asked.add(tried.answerTo(10 + next, callers));
            }
            while (tried.waiting() < 8) {
                Thread.onSpinWait();
            }
            clock.left.set(place);
            go.countDown();

            for (CompletableFuture<String> answer : asked) {
                assertThat(answer.handle((text, failure) -> true))
                        .as("place %s", place)
                        .succeedsWithin(Duration.ofSeconds(20));
            }
            exhausted = clock.left.getAndSet(Integer.MAX_VALUE) < 0;
            assertThat(tried.waiting()).isZero();
            assertThat(tried.answerTo(8)).isEqualTo("8");
        }
    }

    private CompletableFuture<String> ask(int number) {
        return CompletableFuture.supplyAsync(() -> batcher.answerTo(number), callers);
    }

    private void awaitWaiting(int count) {
        while (batcher.waiting() < count) {
            Thread.onSpinWait();
        }
    }

    private static void assertUnavailable(CompletableFuture<String> answer) {
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(answer::join)
                .withCauseInstanceOf(StoreUnavailable.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
