package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The endpoints that operators have registered, one a client at most: where to deliver the callback of a job that has
 * ended. Safe for use from any thread.
 */
public interface CallbackEndpoints {
    /**
     * Where callbacks of a client go.
     *
     * @param url receives the POST of a callback
     * @param kinds the kinds of the jobs whose end is delivered; empty for all
     * @param secrets one or two secrets that sign, the newest first; each consists of {@code whsec_} and base64 of at
     *     least 24 bytes
     */
    record Endpoint(URI url, Set<JobKind> kinds, List<String> secrets) {
        public Endpoint {
            kinds = Set.copyOf(kinds);
            secrets = List.copyOf(secrets);
        }

        /** Whether the end of jobs of this kind is delivered. */
        public boolean takes(JobKind kind) {
            return kinds.isEmpty() || kinds.contains(kind);
        }

        /** Contains no secret. */
        @Override
        public String toString() {
            return "Endpoint[" + url + "]";
        }
    }

    /**
     * The endpoint of a client.
     *
     * @param client the client that schedules, without a user
     * @return empty if none is registered, or it is disabled
     */
    Optional<Endpoint> of(Owner client);

    /** Whether the end of a job of this kind that the client scheduled is delivered. */
    default boolean take(Owner client, JobKind kind) {
        return of(client).filter(endpoint -> endpoint.takes(kind)).isPresent();
    }

    /**
     * Disables the endpoint of a client until an operator registers it again, because it answered 410.
     *
     * @param disabled the endpoint that answered; if another is registered by now, nothing happens
     */
    void disable(Owner client, Endpoint disabled);
}
