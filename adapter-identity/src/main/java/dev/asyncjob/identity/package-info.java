/**
 * Authentication with a file of clients and with the tokens of an identity provider (JWT, RFC 9068; introspection, RFC
 * 7662).
 *
 * <p>{@link dev.asyncjob.identity.Authenticators} makes an authenticator,
 * {@link dev.asyncjob.identity.ClientAdministration} manages the clients file, and
 * {@link dev.asyncjob.identity.IdentitySettings} describes a provider.
 */
@NullMarked
package dev.asyncjob.identity;

import org.jspecify.annotations.NullMarked;
