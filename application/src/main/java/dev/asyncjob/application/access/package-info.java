/**
 * What a driving adapter knows of identity: {@link dev.asyncjob.application.access.Authenticator} identifies the client
 * of a request, {@link dev.asyncjob.application.access.Access} says what it may do, in the words of
 * {@link dev.asyncjob.application.access.Scope}.
 */
@NullMarked
package dev.asyncjob.application.access;

import org.jspecify.annotations.NullMarked;
