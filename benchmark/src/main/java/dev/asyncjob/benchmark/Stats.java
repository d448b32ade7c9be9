package dev.asyncjob.benchmark;

import java.util.Collections;
import java.util.List;

/** Numbers in order. */
record Stats(List<Double> sorted) {
    static Stats of(List<Double> values) {
        return new Stats(values.stream().sorted().toList());
    }

    double median() {
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    double min() {
        return Collections.min(sorted);
    }

    double max() {
        return Collections.max(sorted);
    }

    /** The smallest that so great a share does not exceed. */
    double at(double share) {
        return sorted.get((int) Math.min(sorted.size() - 1L, (long) (share * sorted.size())));
    }
}
