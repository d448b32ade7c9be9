/** One HTTP exchange: the parts of requests, and how responses and errors are made and written. */
@NullMarked
package dev.asyncjob.http.internal.exchange;

import org.jspecify.annotations.NullMarked;
