package dev.asyncjob.http.settings;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a status answer can have after {@code status}, in this order (contract section 1, "Extras"). */
public enum StatusExtra {
    /** {@code progress} and {@code message}: what the worker says of its work. */
    PROGRESS,

    /** {@code result}: the result that the worker gave. */
    RESULT,

    /** {@code code}: the code of a failure. */
    ERROR,

    /** {@code reference}: the producer's own name for the job. */
    REFERENCE;

    /** The extra of this name, such as {@code progress}; empty if there is none. */
    public static Optional<StatusExtra> named(String name) {
        return Arrays.stream(values())
                .filter(extra -> extra.text().equals(name))
                .findFirst();
    }

    /** Its name in settings and requests. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
