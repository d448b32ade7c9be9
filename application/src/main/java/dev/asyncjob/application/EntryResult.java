package dev.asyncjob.application;

import java.util.function.Function;

/**
 * What became of one entry of a batch.
 *
 * @param <T> what a single call would return
 */
public sealed interface EntryResult<T> {
    /** The entry has its answer. */
    record Answered<T>(T answer) implements EntryResult<T> {}

    /** The entry failed, as a single call would have. */
    record Failed<T>(RuntimeException failure) implements EntryResult<T> {}

    /** Applies the function that fits. */
    default <R> R fold(Function<T, R> answered, Function<RuntimeException, R> failed) {
        return this instanceof Answered<T> entry
                ? answered.apply(entry.answer())
                : failed.apply(((Failed<T>) this).failure());
    }

    /** The answer, or the exception that a single call would have thrown. */
    default T orThrow() {
        return fold(answer -> answer, failure -> {
            throw failure;
        });
    }
}
