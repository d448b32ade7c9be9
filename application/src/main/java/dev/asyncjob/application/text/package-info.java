/**
 * What people read of jobs: {@link dev.asyncjob.application.text.ExplanationText} says an
 * {@link dev.asyncjob.domain.Explanation} in a language, for every adapter that shows one;
 * {@link dev.asyncjob.application.text.Languages} chooses it.
 */
@NullMarked
package dev.asyncjob.application.text;

import org.jspecify.annotations.NullMarked;
