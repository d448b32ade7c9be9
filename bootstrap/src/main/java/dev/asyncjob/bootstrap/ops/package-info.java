/** Operation of a running server: metrics, readiness and the request log. */
@NullMarked
package dev.asyncjob.bootstrap.ops;

import org.jspecify.annotations.NullMarked;
