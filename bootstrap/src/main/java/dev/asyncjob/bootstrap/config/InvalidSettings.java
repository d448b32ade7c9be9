package dev.asyncjob.bootstrap.config;

import java.util.List;

/**
 * The configuration is invalid.
 *
 * <p>Each error is one line that names the setting as it was written and never repeats its value.
 */
public final class InvalidSettings extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    /** @param problems all errors, a line each, which name the setting */
    public InvalidSettings(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** All errors, a line each. */
    public List<String> problems() {
        return problems;
    }
}
