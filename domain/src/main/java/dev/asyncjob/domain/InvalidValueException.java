package dev.asyncjob.domain;

import java.util.List;

/**
 * A value that breaks its rule.
 *
 * <p>The message names the value and the rule and never contains the value, so it can be shown and logged.
 * {@link #rule()} and {@link #params()} say the same for programs, in the terms of the error envelope's
 * {@code error.invalid[].rules[]} (contract section 1, "Errors").
 */
public final class InvalidValueException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String rule;
    private final transient List<String> params;

    /**
     * @param rule the broken rule in one word: {@code length}, {@code format}, {@code range} or {@code schema}
     * @param message which value breaks it and what would be right; without the value itself
     * @param params the rule's limits, as text
     */
    public InvalidValueException(String rule, String message, List<String> params) {
        super(message);
        this.rule = rule;
        this.params = List.copyOf(params);
    }

    /** The broken rule in one word. */
    public String rule() {
        return rule;
    }

    /** The rule's limits, as text; empty when the rule has none. */
    public List<String> params() {
        return params;
    }
}
