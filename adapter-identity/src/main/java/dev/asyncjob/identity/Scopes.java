package dev.asyncjob.identity;

import dev.asyncjob.domain.InvalidValueException;
import java.util.List;

/** What clients can be allowed to do. */
public final class Scopes {
    /** Every scope there is. */
    public static final List<String> KNOWN = List.of(
            "composition:read",
            "composition:create",
            "composition:sign",
            "composition:cancel",
            "job:schedule",
            "job:work",
            "job:admin");

    private Scopes() {}

    /**
     * Passes on a scope that exists, to the letter.
     *
     * @throws InvalidValueException if there is no such scope
     */
    public static String known(String scope) {
        if (!KNOWN.contains(scope)) {
            throw new InvalidValueException(
                    "schema", "no such scope; the nearest is " + Suggestions.to(scope, KNOWN), KNOWN);
        }
        return scope;
    }
}
