package dev.asyncjob.domain;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The result of an attempt, as its worker reports it. It decides what becomes of the job; the store executes that.
 *
 * <p>An outcome is data, so a store can keep its {@link #fingerprint()}: a repeated report is answered like the first,
 * a different one is refused.
 */
public sealed interface Outcome {
    /**
     * The job after this outcome.
     *
     * @param job the job as it stands
     * @param attempts attempts made, the reported one included
     * @param now the store's clock
     * @param policy defines the retention of ended jobs and the pause after failed attempts
     */
    AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy);

    /** 64 hexadecimal digits that are equal for equal outcomes. */
    String fingerprint();

    /** The result that readers get with the status; null if there is none. */
    @Nullable
    JobResult value();

    /** The reason for which the attempt failed, as operators read it; null if it did not fail. */
    @Nullable
    String errorForOperators();

    /** The work is done; {@code result} links to its result. */
    static Outcome completed(ResourceLinks result) {
        return new Completed(result, null);
    }

    /** The work is done; {@code result} links to its result, and {@code value} is a small one; null for none. */
    static Outcome completed(ResourceLinks result, @Nullable JobResult value) {
        return new Completed(result, value);
    }

    /** The work cannot be done, now or later. */
    static Outcome failed(Failure failure) {
        return new Failed(failure, false);
    }

    /** This attempt failed; another one, after a pause, may succeed. */
    static Outcome retry(Failure failure) {
        return new Failed(failure, true);
    }

    /**
     * The work is done.
     *
     * @param result the links of the ended job
     * @param value the result that readers get with the status; null for none
     */
    record Completed(ResourceLinks result, @Nullable JobResult value) implements Outcome {
        @Override
        public AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy) {
            return job.complete(result, now, policy.retention());
        }

        @Override
        public String fingerprint() {
            Fingerprint print = new Fingerprint().add("completed").add(result);
            return value == null ? print.text() : print.add(value.json()).text();
        }

        @Override
        public @Nullable String errorForOperators() {
            return null;
        }
    }

    /**
     * The attempt failed.
     *
     * @param failure the reason
     * @param retry whether another attempt may succeed; it is made if attempts are left
     * @param detail what operators read instead of the failure, such as an exception; never shown to owners, and no
     *     part of the fingerprint; null for nothing
     */
    record Failed(Failure failure, boolean retry, @Nullable String detail) implements Outcome {
        /** Characters of a detail at most, of which {@link EndedAttempt#MAX_ERROR} are kept. */
        public static final int MAX_DETAIL = 1024;

        /**
         * Returns the detail, if it is one; of characters that do not belong on a line, operators read spaces.
         *
         * @throws InvalidValueException if it is empty or longer than {@link #MAX_DETAIL}
         */
        public static String checkedDetail(String detail) {
            Rules.length("detail", detail, 1, MAX_DETAIL);
            return detail;
        }

        /** A failure of which operators read what owners do. */
        public Failed(Failure failure, boolean retry) {
            this(failure, retry, null);
        }

        @Override
        public AsyncJob applyTo(AsyncJob.Pending job, Attempts attempts, Instant now, WorkPolicy policy) {
            return retry && !attempts.spent()
                    ? job.retry(now.plus(policy.backoff().after(job.id(), attempts.made())))
                    : job.fail(failure, now, policy.retention());
        }

        @Override
        public String fingerprint() {
            Fingerprint print =
                    new Fingerprint().add("failed").add(failure.message()).add(retry);
            return failure.codeInMessage()
                    ? print.text()
                    : print.add(failure.code()).text();
        }

        @Override
        public @Nullable JobResult value() {
            return null;
        }

        @Override
        public String errorForOperators() {
            return detail == null ? failure.message() : detail;
        }
    }
}
