package dev.asyncjob.bootstrap.config;

import java.util.List;

/**
 * A configuration that cannot be used, with everything that is wrong with it.
 *
 * <p>Each problem is one line that names the setting as it was written and never repeats its value.
 */
public final class InvalidSettings extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    InvalidSettings(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** What is wrong, a line each. */
    public List<String> problems() {
        return problems;
    }
}
