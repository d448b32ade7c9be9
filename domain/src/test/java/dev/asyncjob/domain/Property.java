package dev.asyncjob.domain;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Checks a property with many random examples, the same in every run. */
final class Property {
    private static final int EXAMPLES = 500;

    private Property() {}

    /** @throws AssertionError with the seed of the example that breaks the property */
    static void holds(Consumer<SplittableRandom> property) {
        for (long seed = 1; seed <= EXAMPLES; seed++) {
            try {
                property.accept(new SplittableRandom(seed));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("broken by the example of seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
