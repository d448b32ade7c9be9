package dev.asyncjob.application.access;

import dev.asyncjob.domain.InvalidValueException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A right that a client can have. The constants stand in the order of their texts. */
public enum Scope {
    /** Plan the cancellation of a composition, in the sandbox. */
    COMPOSITION_CANCEL("composition:cancel"),
    /** Plan the creation of a composition, in the sandbox. */
    COMPOSITION_CREATE("composition:create"),
    /** Read the status of its own jobs. */
    COMPOSITION_READ("composition:read"),
    /** Plan the signing of a composition, in the sandbox. */
    COMPOSITION_SIGN("composition:sign"),
    /** See the jobs of all owners, cancel them, and pause and limit kinds; for services of the operator. */
    JOB_ADMIN("job:admin"),
    /** List the jobs of its own. */
    JOB_LIST("job:list"),
    /** See the jobs of all owners, and why they wait; for services and people of the operator. */
    JOB_READ_ALL("job:read-all"),
    /** Schedule jobs of its own, list them, and cancel them. */
    JOB_SCHEDULE("job:schedule"),
    /** With {@link #JOB_SCHEDULE}: schedule jobs of other owners; for services of the operator. */
    JOB_SCHEDULE_FOR("job:schedule-for"),
    /** Claim jobs of any owner, renew their leases and report their outcomes; for services of the operator. */
    JOB_WORK("job:work");

    private final String text;

    Scope(String text) {
        this.text = text;
    }

    /** The scope as it is written in tokens, settings and error messages, such as {@code composition:read}. */
    public String text() {
        return text;
    }

    /** Finds the scope with exactly this text; empty if there is none. */
    public static Optional<Scope> of(String text) {
        return Arrays.stream(values()).filter(scope -> scope.text.equals(text)).findFirst();
    }

    /**
     * Returns the scope with exactly this text.
     *
     * @throws InvalidValueException if there is no such scope; the message names all that exist
     */
    public static Scope parse(String text) {
        return of(text).orElseThrow(() -> {
            List<String> known = Arrays.stream(values()).map(Scope::text).toList();
            return new InvalidValueException("schema", "no such scope; known are " + String.join(", ", known), known);
        });
    }
}
