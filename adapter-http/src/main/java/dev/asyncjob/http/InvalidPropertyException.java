package dev.asyncjob.http;

/**
 * A property of a request's body breaks a rule; the request is answered 422 with {@code error.invalid[]} (contract
 * section 1). All of it is shown to the client.
 */
public final class InvalidPropertyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String path;
    private final String rule;

    /**
     * Describes the broken rule.
     *
     * @param path the property, as in {@code $.data}; {@code $} is the whole body
     * @param rule the broken rule in one word, such as {@code format}
     * @param description the rule in words, without text that the client sent
     */
    public InvalidPropertyException(String path, String rule, String description) {
        super(description, null, false, false);
        this.path = path;
        this.rule = rule;
    }

    String path() {
        return path;
    }

    String rule() {
        return rule;
    }
}
