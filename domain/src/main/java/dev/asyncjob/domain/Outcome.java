package dev.asyncjob.domain;

import java.time.Instant;

/**
 * What a worker reports at the end of an attempt, and what becomes of the job: the store executes, this decides.
 *
 * <p>An outcome is data, so a store can keep its {@link #fingerprint()} and tell a repeated report, which is answered
 * like the first, from another one, which is refused.
 */
public sealed interface Outcome {
    /**
     * The job after this outcome.
     *
     * @param job the job as it stands
     * @param attempts attempts made so far, the reported one included
     * @param now the store's clock
     * @param policy how long ended jobs are kept and failed attempts rest
     */
    AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy);

    /** 64 hexadecimal digits that are equal for equal outcomes. */
    String fingerprint();

    /** The work is done; {@code result} says where to find what it made. */
    static Outcome completed(ResourceLinks result) {
        return new Completed(result);
    }

    /** The work cannot be done, now or later. */
    static Outcome failed(Failure failure) {
        return new Failed(failure, false);
    }

    /** This attempt failed; another, after a rest, may not. */
    static Outcome retry(Failure failure) {
        return new Failed(failure, true);
    }

    /** The work is done. */
    record Completed(ResourceLinks result) implements Outcome {
        @Override
        public AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy) {
            return job.complete(result, now, policy.retention());
        }

        @Override
        public String fingerprint() {
            return new Fingerprint().add("completed").add(result).text();
        }
    }

    /**
     * The attempt failed.
     *
     * @param failure why
     * @param retry whether another attempt is worth it, as long as attempts are left
     */
    record Failed(Failure failure, boolean retry) implements Outcome {
        @Override
        public AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy) {
            return retry && !attempts.spent()
                    ? job.retry(now.plus(policy.backoff().after(job.id(), attempts.made())))
                    : job.fail(failure, now, policy.retention());
        }

        @Override
        public String fingerprint() {
            return new Fingerprint()
                    .add("failed")
                    .add(failure.message())
                    .add(retry)
                    .text();
        }
    }
}
