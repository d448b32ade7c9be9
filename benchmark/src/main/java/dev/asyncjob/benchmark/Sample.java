package dev.asyncjob.benchmark;

/**
 * The result of measuring a side in one round.
 *
 * @param value the measured value, in the unit of the figure
 * @param errors the number of unexpected responses
 * @param detail further values as text, for the log
 */
record Sample(double value, int errors, String detail) {
    /** Parses a line that {@link ProcessProtocol} printed. */
    static Sample parse(String line) {
        String[] words = line.split(" ", 3);
        return new Sample(Double.parseDouble(words[0]), Integer.parseInt(words[1]), words[2]);
    }

    /** Returns this sample, or throws if it has errors. */
    Sample orThrow() {
        if (errors > 0) {
            throw new IllegalStateException(errors + " errors: " + detail);
        }
        return this;
    }
}
