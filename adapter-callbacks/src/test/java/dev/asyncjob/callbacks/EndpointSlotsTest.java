package dev.asyncjob.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EndpointSlotsTest {
    private static final Owner SLOW = new Owner("slow");
    private static final Owner OTHER = new Owner("other");
    private static final Duration LONG = Duration.ofSeconds(30);

    private final AtomicLong nanoTime = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @Test
    void five_are_in_flight_two_wait_half_a_second_and_the_next_is_refused_at_once() throws Exception {
        assertThat(EndpointSlots.MAX_IN_FLIGHT).isEqualTo(5);
        assertThat(EndpointSlots.MAX_WAITING).isEqualTo(2);
        assertThat(EndpointSlots.MAX_WAIT).isEqualTo(Duration.ofMillis(500));
        EndpointSlots slots = new EndpointSlots(LONG, nanoTime::get);
        List<EndpointSlots.Slot> inFlight = take(slots, SLOW, 5);
        List<Future<Boolean>> waiting = waiters(slots, 2);

        assertThat(slots.take(SLOW)).isEmpty();
        assertThat(slots.take(OTHER)).isPresent();
        assertThat(waiting).noneMatch(Future::isDone);

        for (int i = 0; i < 2; i++) {
            inFlight.get(i).end(true); // a waiter takes it and keeps it
        }
        for (Future<Boolean> waiter : waiting) {
            assertThat(waiter.get(10, TimeUnit.SECONDS)).isTrue(); // before the wait is over
        }
    }

    @Test
    void who_waits_in_vain_is_refused_after_the_wait() throws Exception {
        EndpointSlots slots = new EndpointSlots(Duration.ofMillis(100), nanoTime::get);
        take(slots, SLOW, 5);
        long start = System.nanoTime();
        assertThat(slots.take(SLOW)).isEmpty();
        assertThat(System.nanoTime() - start)
                .isGreaterThanOrEqualTo(Duration.ofMillis(100).toNanos());
        assertThat(slots.waiting(SLOW)).isZero();
    }

    @Test
    void an_endpoint_that_gave_no_answer_has_one_in_flight_and_none_waiting_until_it_answers() throws Exception {
        EndpointSlots slots = new EndpointSlots(LONG, nanoTime::get);
        take(slots, SLOW, 1).get(0).end(false);
        EndpointSlots.Slot one = take(slots, SLOW, 1).get(0);
        assertThat(slots.take(SLOW)).isEmpty();
        assertThat(slots.take(OTHER)).isPresent();
        one.end(true);
        take(slots, SLOW, 5);
    }

    @Test
    void an_endpoint_that_answers_after_more_than_five_seconds_counts_as_silent() throws Exception {
        assertThat(EndpointSlots.SLOW).isEqualTo(Duration.ofSeconds(5));
        EndpointSlots slots = new EndpointSlots(LONG, nanoTime::get);
        EndpointSlots.Slot quick = take(slots, SLOW, 1).get(0);
        nanoTime.addAndGet(EndpointSlots.SLOW.toNanos());
        quick.end(true);
        List<EndpointSlots.Slot> slow = take(slots, SLOW, 5);
        nanoTime.addAndGet(EndpointSlots.SLOW.toNanos() + 1);
        slow.forEach(slot -> slot.end(true));
        EndpointSlots.Slot one = take(slots, SLOW, 1).get(0);
        assertThat(slots.take(SLOW)).isEmpty();
        one.end(true);
        take(slots, SLOW, 5);
    }

    @Test
    void a_slot_is_free_again_after_its_end() throws Exception {
        EndpointSlots slots = new EndpointSlots(Duration.ZERO, nanoTime::get);
        for (int i = 0; i < 20; i++) {
            List<EndpointSlots.Slot> all = take(slots, SLOW, 5);
            assertThat(slots.take(SLOW)).isEmpty();
            all.forEach(slot -> slot.end(true));
        }
    }

    private static List<EndpointSlots.Slot> take(EndpointSlots slots, Owner client, int count)
            throws InterruptedException {
        List<EndpointSlots.Slot> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(slots.take(client).orElseThrow());
        }
        return taken;
    }

    /** Threads that wait for a slot, take it and keep it. */
    private List<Future<Boolean>> waiters(EndpointSlots slots, int count) throws InterruptedException {
        List<Future<Boolean>> waiting = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            waiting.add(threads.submit(() -> slots.take(SLOW).isPresent()));
        }
        while (slots.waiting(SLOW) < count) {
            TestEndpoint.pause();
        }
        return waiting;
    }
}
