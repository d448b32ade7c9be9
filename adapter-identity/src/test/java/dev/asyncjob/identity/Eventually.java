package dev.asyncjob.identity;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Repeats a query until its result is the expected one, as a polling client does. */
public final class Eventually {
    private static final Duration PAUSE = Duration.ofMillis(50);

    private Eventually() {}

    public static <T> T answer(Duration patience, Supplier<T> question, Predicate<T> hoped) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            T answer = question.get();
            if (hoped.test(answer)) {
                return answer;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("after " + patience + " still " + answer);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }
}
