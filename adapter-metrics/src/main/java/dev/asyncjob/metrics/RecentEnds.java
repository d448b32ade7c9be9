package dev.asyncjob.metrics;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Whether the last {@value #SIZE} jobs of a kind ended in time. Without locks; safe for use from any thread. */
final class RecentEnds {
    /** A power of two. */
    static final int SIZE = 512;

    private static final int IN_TIME = 1;
    private static final int LATE = 2;

    /** Zero where there is no job yet. */
    private final AtomicIntegerArray last = new AtomicIntegerArray(SIZE);

    private final AtomicInteger next = new AtomicInteger();

    void add(boolean inTime) {
        last.set(next.getAndIncrement() & (SIZE - 1), inTime ? IN_TIME : LATE);
    }

    /** The share of those in time, 0 to 1; not a number if there is none. */
    double share() {
        int inTime = 0;
        int all = 0;
        for (int i = 0; i < SIZE; i++) {
            int end = last.get(i);
            all += end == 0 ? 0 : 1;
            inTime += end == IN_TIME ? 1 : 0;
        }
        return all == 0 ? Double.NaN : (double) inTime / all;
    }
}
