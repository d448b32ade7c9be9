package dev.asyncjob.bootstrap.history;

import java.time.Duration;

/**
 * Something that goes wrong for a while.
 *
 * @param name its kind
 * @param node the node that it is about; empty if it is about all, or about the database
 * @param away whether that node cannot answer while it lasts
 * @param lasting the time from the end of its beginning to the beginning of its end
 */
record Fault(String name, String node, boolean away, Duration lasting, Step begin, Step end) {
    /** A part of a fault. */
    @FunctionalInterface
    interface Step {
        void take() throws Exception;
    }

    private static final Step NOTHING = () -> {};

    /** A fault about all nodes or the database. */
    static Fault of(String name, double seconds, Step begin, Step end) {
        return new Fault(name, "", false, Duration.ofMillis((long) (seconds * 1000)), begin, end);
    }

    /** A fault that has ended when it has begun. */
    static Fault of(String name, Step all) {
        return of(name, 0, all, NOTHING);
    }

    /** The same fault about one node. */
    Fault at(Node one, boolean isAway) {
        return new Fault(name, one.name(), isAway, lasting, begin, end);
    }
}
