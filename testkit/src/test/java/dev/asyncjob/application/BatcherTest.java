package dev.asyncjob.application;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Questions are numbers, answers their text; odd ones are asked alone, and nobody can answer 13. */
@Timeout(60)
class BatcherTest {
    private static final int UNLUCKY = 13;

    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final List<List<Integer>> calls = Collections.synchronizedList(new ArrayList<>());
    private final List<Integer> askedAlone = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final Batcher<Integer, String> gathering = new Batcher<>(this::together, this::alone);

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
    void who_meets_nobody_calls_at_once() {
        assertThat(gathering.answerTo(2)).isEqualTo("2");
        assertThat(gathering.answerTo(4)).isEqualTo("4");
        assertThat(calls).containsExactly(List.of(2), List.of(4));
    }

    @Test
    void what_cannot_be_answered_together_is_asked_alone() {
        assertThat(gathering.answerTo(3)).isEqualTo("alone 3");
        assertThat(askedAlone).containsExactly(3);
    }

    @Test
    void those_who_come_while_a_call_is_under_way_go_together() {
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
    void one_that_cannot_be_answered_costs_nobody_else_an_answer() {
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
    void a_failure_of_ones_own_is_thrown_as_it_is() {
        assertThatIllegalArgumentException().isThrownBy(() -> gathering.answerTo(UNLUCKY));
        assertThat(gathering.answerTo(2)).isEqualTo("2");
    }

    @Test
    void who_came_just_now_tries_for_himself_after_a_call_that_failed() {
        CompletableFuture<String> failing = ask(-1);
        await(begun);
        CompletableFuture<String> other = ask(2);
        awaitWaiting(1);
        gate.countDown();

        assertUnavailable(failing);
        assertThat(other.join()).isEqualTo("2");
    }

    @Test
    void who_has_waited_long_for_a_call_that_fails_fails_with_it() {
        CompletableFuture<String> failing = ask(-1);
        await(begun);
        CompletableFuture<String> other = ask(2);
        awaitWaiting(1);
        LockSupport.parkNanos(450_000_000);
        gate.countDown();

        assertUnavailable(failing);
        assertUnavailable(other);
        assertThat(calls).hasSize(1);
        assertThat(gathering.answerTo(4)).isEqualTo("4");
    }

    @Test
    void an_interrupt_neither_reaches_the_call_nor_gets_lost() {
        Batcher<Integer, Boolean> interrupts = new Batcher<>(
                numbers -> List.of(Optional.of(Thread.currentThread().isInterrupted())), number -> true);

        Thread.currentThread().interrupt();
        boolean seen = interrupts.answerTo(1);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(seen).isFalse();
    }

    @Test
    void many_questions_of_one_caller_go_in_calls_of_some_hundred() {
        List<Integer> even = IntStream.range(1, 501).mapToObj(i -> 2 * i).toList();

        assertThat(gathering.answersTo(even))
                .extracting(EntryResult::orThrow)
                .hasSize(500)
                .startsWith("2", "4")
                .endsWith("1000");
        assertThat(calls).extracting(List::size).containsExactly(200, 200, 100);
        assertThat(gathering.answersTo(List.of(2, 3)))
                .extracting(EntryResult::orThrow)
                .containsExactly("2", "alone 3");
    }

    private CompletableFuture<String> ask(int number) {
        return CompletableFuture.supplyAsync(() -> gathering.answerTo(number), callers);
    }

    private void awaitWaiting(int count) {
        while (gathering.waiting() < count) {
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
