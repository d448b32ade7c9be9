/** The methods for producers, workers and operators (contract section 2). */
@NullMarked
package dev.asyncjob.http.internal.work;

import org.jspecify.annotations.NullMarked;
