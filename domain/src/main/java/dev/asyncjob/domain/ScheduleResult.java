package dev.asyncjob.domain;

import java.util.function.Function;
import java.util.function.Supplier;

/** The store's verdict on a {@link NewJob}. */
public sealed interface ScheduleResult {
    /** Applies the one function that fits the verdict. */
    <T> T fold(
            Function<? super JobSnapshot, ? extends T> accepted,
            Supplier<? extends T> contradiction,
            Supplier<? extends T> keyReused);

    /**
     * The job is kept, from now on or since it was first sent.
     *
     * @param job how it stood when it was first accepted: a repetition gets the first answer, whatever became of the
     *     job since
     */
    record Accepted(JobSnapshot job) implements ScheduleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Supplier<? extends T> contradiction,
                Supplier<? extends T> keyReused) {
            return accepted.apply(job);
        }
    }

    /** The id is taken by a job of other content; nothing of that job is told, since it may be somebody else's. */
    record Contradiction() implements ScheduleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Supplier<? extends T> contradiction,
                Supplier<? extends T> keyReused) {
            return contradiction.get();
        }
    }

    /** The {@link IdempotencyKey} was sent before with another request. */
    record KeyReused() implements ScheduleResult {
        @Override
        public <T> T fold(
                Function<? super JobSnapshot, ? extends T> accepted,
                Supplier<? extends T> contradiction,
                Supplier<? extends T> keyReused) {
            return keyReused.get();
        }
    }
}
