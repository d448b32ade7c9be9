/**
 * The HTTP face of a job's status.
 *
 * <p>{@link dev.asyncjob.http.JobApi} is a Javalin plugin for anybody's Javalin; {@link dev.asyncjob.http.JobServer} is
 * a hardened server to run it alone. Who may ask is an {@link dev.asyncjob.application.access.Authenticator}'s word.
 */
@NullMarked
package dev.asyncjob.http;

import org.jspecify.annotations.NullMarked;
