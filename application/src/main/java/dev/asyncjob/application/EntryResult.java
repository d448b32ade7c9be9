package dev.asyncjob.application;

import java.util.function.Function;

/**
 * The result of one entry of a batch: an answer or a failure.
 *
 * @param <T> what a single call returns
 */
public sealed interface EntryResult<T> {
    /** The entry has an answer. */
    record Answered<T>(T answer) implements EntryResult<T> {}

    /** The entry failed, as a single call would have failed. */
    record Failed<T>(RuntimeException failure) implements EntryResult<T> {}

    /** Applies the function that fits the result. */
    default <R> R fold(Function<T, R> answered, Function<RuntimeException, R> failed) {
        return this instanceof Answered<T> entry
                ? answered.apply(entry.answer())
                : failed.apply(((Failed<T>) this).failure());
    }

    /** Returns the answer, or throws what a single call would have thrown. */
    default T orThrow() {
        return fold(answer -> answer, failure -> {
            throw failure;
        });
    }
}
