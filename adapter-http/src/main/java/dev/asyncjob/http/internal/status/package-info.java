/** The status method: plain reads, waiting reads, server-sent events. */
@NullMarked
package dev.asyncjob.http.internal.status;

import org.jspecify.annotations.NullMarked;
