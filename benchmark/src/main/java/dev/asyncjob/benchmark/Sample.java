package dev.asyncjob.benchmark;

/**
 * What a side reached in one round.
 *
 * @param value in the unit of its figure
 * @param errors what went otherwise than expected
 * @param detail the rest, for people
 */
record Sample(double value, int errors, String detail) {
    /** A line of {@link Answers}. */
    static Sample parse(String line) {
        String[] words = line.split(" ", 3);
        return new Sample(Double.parseDouble(words[0]), Integer.parseInt(words[1]), words[2]);
    }

    /** The same, if nothing went wrong. */
    Sample orThrow() {
        if (errors > 0) {
            throw new IllegalStateException(errors + " errors: " + detail);
        }
        return this;
    }
}
