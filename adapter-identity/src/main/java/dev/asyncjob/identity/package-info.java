/**
 * Authenticators over a file of clients and over the tokens of an identity provider (JWT, RFC 9068; introspection, RFC
 * 7662).
 */
@NullMarked
package dev.asyncjob.identity;

import org.jspecify.annotations.NullMarked;
