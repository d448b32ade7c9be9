package dev.asyncjob.application.access;

import dev.asyncjob.domain.Owner;
import java.util.Set;

/**
 * What an authenticated request may do.
 *
 * @param client the client system that asks; limits and the log count by it
 * @param owner whose jobs it sees, and whose its new ones are
 * @param scopes what it may do
 */
public record Access(Owner client, Owner owner, Set<Scope> scopes) {
    public Access {
        scopes = Set.copyOf(scopes);
    }

    /** A client that sees all jobs of its own. */
    public Access(Owner client, Set<Scope> scopes) {
        this(client, client, scopes);
    }
}
