/**
 * Authentication with a file of clients and with the tokens of an identity provider (JWT, RFC 9068; introspection, RFC
 * 7662), and the file of the endpoints that are called when jobs end.
 *
 * <p>{@link dev.asyncjob.identity.Authenticators} makes an authenticator,
 * {@link dev.asyncjob.identity.ClientAdministration} manages the clients file, and
 * {@link dev.asyncjob.identity.IdentitySettings} describes a provider.
 * {@link dev.asyncjob.identity.CallbackAdministration} manages the callbacks file, of which
 * {@link dev.asyncjob.identity.RegisteredCallbacks} has the endpoints.
 */
@NullMarked
package dev.asyncjob.identity;

import org.jspecify.annotations.NullMarked;
