/** One HTTP exchange: what a request says, how answers and errors are written. */
@NullMarked
package dev.asyncjob.http.internal.exchange;

import org.jspecify.annotations.NullMarked;
