package dev.asyncjob.application.access;

import dev.asyncjob.domain.Owner;
import java.util.Set;

/**
 * The rights of an authenticated request.
 *
 * @param client the client system that sends the request; limits and the log are kept by client
 * @param owner the owner of the jobs that it sees and of the jobs that it schedules
 * @param scopes the permitted operations
 */
public record Access(Owner client, Owner owner, Set<Scope> scopes) {
    public Access {
        scopes = Set.copyOf(scopes);
    }

    /** The rights of a client that is itself the owner of its jobs. */
    public Access(Owner client, Set<Scope> scopes) {
        this(client, client, scopes);
    }

    /** Whether the client may schedule jobs of this owner: its own, or any with {@link Scope#JOB_SCHEDULE_FOR}. */
    public boolean maySchedule(Owner jobOwner) {
        return jobOwner.equals(owner) || scopes.contains(Scope.JOB_SCHEDULE_FOR);
    }
}
