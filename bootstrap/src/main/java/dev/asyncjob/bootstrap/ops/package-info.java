/** Operation of a running server: metrics, readiness, the request log and the output of log lines. */
@NullMarked
package dev.asyncjob.bootstrap.ops;

import org.jspecify.annotations.NullMarked;
