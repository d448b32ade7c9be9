package dev.asyncjob.http;

import dev.asyncjob.domain.Owner;
import java.util.Set;

/**
 * What an authenticated request may do.
 *
 * @param client the client system that asks; it sees its own jobs only
 * @param scopes what it may do, such as {@code composition:read}; compared to the letter
 */
public record Access(Owner client, Set<String> scopes) {
    public Access {
        scopes = Set.copyOf(scopes);
    }
}
