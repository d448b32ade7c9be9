/** Credentials, scopes, addresses and rate limits. */
@NullMarked
package dev.asyncjob.http.internal.access;

import org.jspecify.annotations.NullMarked;
