package dev.asyncjob.benchmark;

import java.util.Collections;
import java.util.List;

/** Order statistics of a list of numbers. */
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

    /** Returns the quantile at {@code share}, 0 to 1. */
    double at(double share) {
        return sorted.get((int) Math.min(sorted.size() - 1L, (long) (share * sorted.size())));
    }
}
