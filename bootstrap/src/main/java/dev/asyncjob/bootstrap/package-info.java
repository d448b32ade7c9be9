/**
 * The server and its command line: the only place that knows everybody.
 *
 * <p>{@link dev.asyncjob.bootstrap.Main} is the way in. Configuration is read once, into {@link Settings}, and handed
 * to each consumer as the small record it needs; nothing else reads the environment. {@link Authenticators} verifies
 * the clients of the clients file and the tokens of an identity provider, {@link Metrics} shows how the process does.
 */
@NullMarked
package dev.asyncjob.bootstrap;

import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.ops.Metrics;
import dev.asyncjob.identity.Authenticators;
import org.jspecify.annotations.NullMarked;
