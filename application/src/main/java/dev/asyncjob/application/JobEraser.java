package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.Owner;

/** Forgets the jobs of an owner before their retention is over. Implementations are safe for use from any thread. */
public interface JobEraser {
    /**
     * Forgets all jobs of an owner that have ended, in batches, unless it has pending jobs: cancel those first. Jobs
     * that end meanwhile are kept. What is forgotten is as if it had never been: its ids and idempotency keys are free,
     * and its readers are answered like those of an unknown job, where an adapter remembers an answer a minute later at
     * most.
     *
     * @throws StoreUnavailable if the store cannot be reached; some of the jobs may be forgotten, so erase again
     */
    Erasure erase(Owner owner);

    /** The same as an intervention of an operator, which is in the audit unless there are pending jobs. */
    Erasure erase(Owner owner, Intervention by);

    /**
     * What became of the jobs of an owner.
     *
     * @param forgotten how many were forgotten; 0 if there are pending ones
     * @param pending how many are pending, counted up to {@link dev.asyncjob.domain.Backlog#MAX_JOBS}; if more than 0,
     *     nothing is forgotten
     */
    record Erasure(long forgotten, int pending) {}
}
