package dev.asyncjob.http;

import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import java.util.Optional;
import java.util.UUID;

/** What stands behind the planning methods: it turns an accepted request into a job. */
@FunctionalInterface
public interface CompositionPlanner {
    /**
     * Plans a job.
     *
     * @param owner who asked and may read the status
     * @param action what is to be done
     * @param compositionId to which composition; empty when a new one is to be created
     */
    JobSnapshot plan(Owner owner, Action action, Optional<UUID> compositionId);

    /** The four planning methods of eHealth's Compositions (contract section 5). */
    enum Action {
        /** {@code POST /patients/composition}. */
        CREATE,
        /** {@code PATCH /patients/composition/{compositionId}/sign}. */
        SIGN,
        /** {@code PATCH /patients/composition/{compositionId}/cancel}. */
        CANCEL,
        /** {@code PATCH /patients/composition/{compositionId}/erln}. */
        ERLN
    }
}
