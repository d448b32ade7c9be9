package dev.asyncjob.application.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What happens in one simulation: requests of clients and faults, each at its time. A part of a plan is a plan, so the
 * shortest that fails can be searched.
 *
 * @param seed where it comes from
 * @param nodes how many nodes there are, 1 to 3
 * @param shortRetention whether ended jobs are kept for seconds instead of days
 * @param slow whether every call of the store takes some milliseconds, so that calls meet
 */
record Plan(long seed, int nodes, boolean shortRetention, boolean slow, List<Step> steps) {
    /** When the faults end. */
    static final Duration QUIET = Duration.ofSeconds(6);

    /** What a step does. */
    enum Kind {
        // requests of clients
        SCHEDULE,
        SCHEDULE_MANY,
        READ,
        WAIT,
        CLAIM,
        CANCEL,
        LIST,
        // one call of the store
        FAILS_BEFORE,
        FAILS_AFTER,
        LOCKED,
        EXCEPTION_BEFORE,
        EXCEPTION_AFTER,
        ERROR_BEFORE,
        ERROR_AFTER,
        HANGS_BEFORE,
        HANGS_AFTER,
        NOT_TOGETHER,
        // for a time
        SLOW,
        OUTAGE,
        SIGNALS_LOST,
        SIGNALS_DOUBLED,
        SIGNALS_LATE,
        FREEZES,
        // of nodes and clocks
        DIES,
        CLOSES,
        CLOCK_JUMPS;

        private static final List<Kind> ALL = List.of(values());
        private static final List<Kind> REQUESTS = ALL.subList(0, ALL.indexOf(FAILS_BEFORE));
        private static final List<Kind> FAULTS = ALL.subList(ALL.indexOf(FAILS_BEFORE), ALL.size());

        boolean isOfOneCall() {
            return compareTo(FAILS_BEFORE) >= 0 && compareTo(SLOW) < 0;
        }
    }

    /**
     * One request or fault.
     *
     * @param at when, in nanoseconds since the beginning
     * @param node which node, 0 or more
     * @param lasts how long, in nanoseconds, where it lasts
     * @param seed draws everything else of it
     */
    record Step(long at, Kind kind, int node, long lasts, long seed) {
        Duration duration() {
            return Duration.ofNanos(lasts);
        }

        SplittableRandom random() {
            return new SplittableRandom(seed);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.3f %s at node %d for %d ms", at / 1e9, kind, node, lasts / 1_000_000);
        }
    }

    /** The plan of a seed. */
    static Plan of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int nodes = 1 + random.nextInt(3);
        boolean shortRetention = random.nextInt(4) == 0;
        boolean slow = random.nextInt(4) == 0;
        Draw draw = new Draw(random, nodes);
        List<Step> steps = new ArrayList<>();
        int requests = 8 + random.nextInt(17);
        for (int i = 0; i < requests; i++) {
            steps.add(draw.request(i < 3 ? Kind.SCHEDULE : oneOf(random, Kind.REQUESTS)));
        }
        int faults = random.nextInt(10);
        List<Kind> some = new ArrayList<>(); // few kinds in one plan, so that equal faults meet
        for (int i = 0; i < 3; i++) {
            some.add(oneOf(random, Kind.FAULTS));
        }
        for (int i = 0; i < faults; i++) {
            steps.add(draw.step(oneOf(random, some), random.nextInt(4)));
        }
        return new Plan(seed, nodes, shortRetention, slow, List.copyOf(steps));
    }

    private static Kind oneOf(SplittableRandom random, List<Kind> some) {
        return some.get(random.nextInt(some.size()));
    }

    /** Draws steps; half of them come in two bursts, each at one node and mostly of one kind, so that calls meet. */
    private static final class Draw {
        private static final double BURST = 0.04e9;

        private final SplittableRandom random;
        private final int nodes;
        private final double[] bursts = new double[2];
        private final List<Kind> kinds = new ArrayList<>();

        Draw(SplittableRandom random, int nodes) {
            this.random = random;
            this.nodes = nodes;
            for (int i = 0; i < bursts.length; i++) {
                bursts[i] = anyTime();
                kinds.add(oneOf(random, Kind.REQUESTS));
            }
        }

        private double anyTime() {
            return random.nextDouble() * (QUIET.toNanos() - 5e8);
        }

        Step request(Kind kind) {
            int burst = random.nextInt(2 * bursts.length);
            boolean usual = burst < bursts.length && random.nextInt(4) > 0;
            return step(usual ? kinds.get(burst) : kind, burst);
        }

        Step step(Kind kind, int burst) {
            boolean inBurst = burst < bursts.length;
            double at = inBurst ? bursts[burst] + random.nextDouble() * BURST : anyTime();
            int node = inBurst ? burst % nodes : random.nextInt(nodes);
            double lasts = Math.pow(10, random.nextDouble() * 2.6) * 1e7; // 10 ms to 4 s
            return new Step((long) at, kind, node, (long) lasts, random.nextLong());
        }
    }

    Plan with(List<Step> some) {
        return new Plan(seed, nodes, shortRetention, slow, List.copyOf(some));
    }
}
