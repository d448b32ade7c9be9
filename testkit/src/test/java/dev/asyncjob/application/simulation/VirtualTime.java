package dev.asyncjob.application.simulation;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: events in their order, and tasks that may wait in the middle.
 *
 * <p>One thread runs at a time. A task that waits keeps its thread, which parks; another thread takes over the events
 * and gives way when the wait is over. So the order of everything depends on the events alone. Used by one test.
 */
final class VirtualTime implements AutoCloseable {
    private final PriorityQueue<Event> events = new PriorityQueue<>(100, VirtualTime::inOrder);
    private final Deque<Semaphore> idle = new ArrayDeque<>();
    private final Set<Suspended> suspended = new LinkedHashSet<>();
    private final Semaphore finished = new Semaphore(0);
    private BooleanSupplier over = () -> false;
    private Consumer<Throwable> onFailure = e -> {};
    private boolean unwinding;
    private volatile boolean closed;
    private long now;
    private long numbers;

    /** What events belong to: a node that may freeze or die, or the world, which does neither. */
    static final class Host {
        final String name;
        boolean dead;
        long frozenUntil;

        Host(String name) {
            this.name = name;
        }
    }

    /** A task at a time, or the end of a wait. */
    static final class Event {
        private final Host process;
        private final long number;
        private final Runnable task;
        private final @Nullable Suspended resumed;
        private long at;
        private boolean cancelled;

        private Event(long at, long number, Host process, Runnable task, @Nullable Suspended resumed) {
            this.at = at;
            this.number = number;
            this.process = process;
            this.task = task;
            this.resumed = resumed;
        }

        void cancel() {
            cancelled = true;
        }
    }

    private static final class Suspended {
        private final Host process;
        private final Semaphore baton = new Semaphore(0);
        private boolean woken;

        Suspended(Host process) {
            this.process = process;
        }
    }

    /** Ends a task whose process has died. */
    static final class Unwound extends Error {
        private static final long serialVersionUID = 1L;

        Unwound() {
            super("the process has died", null, false, false);
        }
    }

    private static int inOrder(Event one, Event other) {
        return one.at == other.at ? Long.compare(one.number, other.number) : Long.compare(one.at, other.at);
    }

    /** Nanoseconds since the beginning. */
    long now() {
        return now;
    }

    /** How many events there were, or will be. */
    long events() {
        return numbers;
    }

    /** How many tasks wait. */
    long waiting(Host process) {
        return suspended.stream().filter(one -> one.process == process).count();
    }

    Event post(Host process, Duration delay, Runnable task) {
        return post(process, TimeUnit.NANOSECONDS.convert(delay), task, null);
    }

    private Event post(Host process, long nanos, Runnable task, @Nullable Suspended resumed) {
        long at = nanos > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + Math.max(0, nanos);
        Event event = new Event(at, numbers++, process, task, resumed);
        if (resumed != null || !process.dead) {
            events.add(event);
        }
        return event;
    }

    /**
     * Runs events, beginning with {@code first}, until it is over; then ends all tasks that wait.
     *
     * @param failed gets what a task throws
     */
    void run(Host world, Runnable first, BooleanSupplier until, Consumer<Throwable> failed) {
        events.clear();
        now = 0;
        numbers = 0;
        over = until;
        onFailure = failed;
        unwinding = false;
        post(world, Duration.ZERO, first);
        takeOver();
        finished.acquireUninterruptibly();
    }

    void kill(Host process) {
        process.dead = true;
        wakeAll(process);
    }

    private void wakeAll(@Nullable Host process) {
        List<Suspended> all = new ArrayList<>(suspended);
        all.stream().filter(one -> process == null || one.process == process).forEach(this::wake);
    }

    private void wake(Suspended one) {
        if (!one.woken) {
            one.woken = true;
            post(one.process, 0, () -> {}, one);
        }
    }

    /** Lets a task sleep. */
    void sleep(Host process, Duration time) {
        await(process, new CompletableFuture<>(), time);
    }

    /** Lets a task wait for a future; false if that takes longer than the limit, or if its thread is interrupted. */
    boolean await(Host process, CompletableFuture<?> future, Duration limit) {
        requireAlive(process);
        if (future.isDone()
                || limit.isNegative()
                || limit.isZero()
                || Thread.currentThread().isInterrupted()) {
            return future.isDone();
        }
        Suspended mine = new Suspended(process);
        Event timeout = post(process, limit, () -> wake(mine));
        var unused = future.whenComplete((answer, e) -> wake(mine));
        suspended.add(mine);
        takeOver();
        mine.baton.acquireUninterruptibly();
        suspended.remove(mine);
        timeout.cancel();
        requireAlive(process);
        return future.isDone();
    }

    void requireAlive(Host process) {
        if (process.dead || unwinding) {
            throw new Unwound();
        }
    }

    /** Lets another thread run the events. */
    private void takeOver() {
        Semaphore other = idle.poll();
        if (other == null) {
            Semaphore baton = new Semaphore(1);
            Thread thread = new Thread(() -> runEvents(baton), "simulation");
            thread.setDaemon(true);
            thread.start();
        } else {
            other.release();
        }
    }

    private void runEvents(Semaphore baton) {
        baton.acquireUninterruptibly();
        while (!closed) {
            Event event = next();
            if (event == null) {
                idle.push(baton);
                finished.release();
                baton.acquireUninterruptibly();
            } else if (event.resumed != null) {
                idle.push(baton);
                event.resumed.baton.release();
                baton.acquireUninterruptibly();
            } else {
                run(event);
            }
        }
    }

    private void run(Event event) {
        try {
            event.task.run();
        } catch (Unwound e) { // its process has died
        } catch (Throwable e) {
            onFailure.accept(e);
        }
        var unused = Thread.interrupted();
    }

    private @Nullable Event next() {
        if (!unwinding && over.getAsBoolean()) {
            unwinding = true;
            events.removeIf(event -> event.resumed == null);
            wakeAll(null);
        }
        for (Event event = events.poll(); event != null; event = events.poll()) {
            now = Math.max(now, event.at);
            boolean lives = event.resumed != null || !(event.process.dead || event.cancelled || unwinding);
            if (lives && event.process.frozenUntil > now && !event.process.dead && !unwinding) {
                event.at = event.process.frozenUntil;
                events.add(event);
            } else if (lives) {
                return event;
            }
        }
        if (unwinding || suspended.isEmpty()) {
            return null;
        }
        unwinding = true;
        wakeAll(null);
        return next();
    }

    @Override
    public void close() {
        closed = true;
        idle.forEach(Semaphore::release);
    }
}
