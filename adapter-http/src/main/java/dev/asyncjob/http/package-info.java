/**
 * The HTTP API of jobs.
 *
 * <p>{@link dev.asyncjob.http.JobApi}, {@link dev.asyncjob.http.WorkApi} and {@link dev.asyncjob.http.SlowRequestApi}
 * are plugins for any Javalin; {@link dev.asyncjob.http.JobServer} is a hardened server that runs them alone. An
 * {@link dev.asyncjob.application.access.Authenticator} identifies clients.
 *
 * <p>Each layer uses only those before it: {@code settings}, {@code internal.exchange}, {@code internal.body} and
 * {@code internal.access}, {@code internal.jetty}, {@code internal.status}, {@code internal.work}, and this package.
 */
@NullMarked
package dev.asyncjob.http;

import org.jspecify.annotations.NullMarked;
