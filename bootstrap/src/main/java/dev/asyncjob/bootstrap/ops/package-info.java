/** What operators see of a running server: metrics, readiness, the request log. */
@NullMarked
package dev.asyncjob.bootstrap.ops;

import org.jspecify.annotations.NullMarked;
