/** Handlers and listeners below Javalin: connections, deadlines, framing, slow clients. */
@NullMarked
package dev.asyncjob.http.internal.jetty;

import org.jspecify.annotations.NullMarked;
