package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import java.util.Optional;
import java.util.UUID;

/** Schedules the job of an accepted planning request. Safe for use from any thread. */
@FunctionalInterface
public interface CompositionPlanner {
    /**
     * Schedules a job.
     *
     * @param owner the client's owner, which may read the status
     * @param action the requested action
     * @param compositionId the composition; empty for {@link Action#CREATE}
     * @return the job as it was scheduled
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
