package dev.asyncjob.identity;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Asks again until the answer is as hoped for, as a client does that polls. */
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
