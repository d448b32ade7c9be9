package dev.asyncjob.identity;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Registers, lists, changes and removes the endpoints of a callbacks file, one a client at most.
 *
 * <p>The file holds the secrets in clear text, since they sign; only its owner can read a new one. New secrets are
 * returned once. A running server follows a change within a second. A method that returns has made its change durable;
 * one that throws an {@link IOException} has changed nothing, and the message can be shown to the user. For a change, a
 * missing file counts as an empty one. Safe for use from any thread, and from several processes at once.
 */
public final class CallbackAdministration {
    private final GuardedFile<CallbackEntry> file;
    private final InstantSource clock;

    /**
     * Reads nothing yet.
     *
     * @param clock tells when endpoints and secrets are made, to the second
     */
    public CallbackAdministration(Path callbacksFile, InstantSource clock) {
        this.file = new GuardedFile<>(FileFormat.CALLBACKS, callbacksFile);
        this.clock = clock;
    }

    /**
     * An endpoint as {@link #list} shows it.
     *
     * @param kinds the kinds of jobs whose end is delivered; empty for all
     * @param disabledAt when it answered that it is gone; null while it is in use
     */
    public record Entry(
            Owner client,
            URI url,
            SortedSet<JobKind> kinds,
            Instant createdAt,
            @Nullable Instant disabledAt) {}

    /**
     * Reads the URL of an endpoint.
     *
     * @throws InvalidValueException unless it is an absolute https URL without user and fragment, of 2,000 characters
     *     at most, or such an http URL of a loopback address
     */
    public static URI url(String text) {
        return CallbackEntry.url(text);
    }

    /**
     * All endpoints, in the order of the file.
     *
     * @throws IOException if the file is missing, unreadable or malformed
     */
    public List<Entry> list() throws IOException {
        return file.read().entrySet().stream()
                .map(one -> new Entry(
                        one.getKey(),
                        one.getValue().url(),
                        one.getValue().kinds(),
                        one.getValue().createdAt(),
                        one.getValue().disabledAt()))
                .toList();
    }

    /**
     * Registers an endpoint.
     *
     * @param url as {@link #url} reads it
     * @param kinds the kinds of jobs whose end is delivered; empty for all
     * @return the secret that signs; empty if the client has an endpoint, which stays as it is
     * @throws IOException if the file cannot be changed
     */
    public Optional<String> add(Owner client, URI url, Collection<JobKind> kinds) throws IOException {
        String secret = Secrets.newCallbackSecret();
        CallbackEntry entry = CallbackEntry.of(CallbackEntry.url(url.toString()), new TreeSet<>(kinds), secret, now());
        return file.edit(all -> all.putIfAbsent(client, entry) == null) ? Optional.of(secret) : Optional.empty();
    }

    /**
     * Gives an endpoint a new secret, and enables it if it was disabled.
     *
     * @param overlap how long the secret before also signs; null for no longer. One before that signs no more
     * @return the secret; empty if the client has no endpoint
     * @throws IOException if the file cannot be changed
     */
    public Optional<String> roll(Owner client, @Nullable Duration overlap) throws IOException {
        String secret = Secrets.newCallbackSecret();
        return file.edit(all -> all.computeIfPresent(client, (same, old) -> old.rolled(secret, now(), overlap)) != null)
                ? Optional.of(secret)
                : Optional.empty();
    }

    /**
     * Removes the endpoint of a client.
     *
     * @return false if the client has none
     * @throws IOException if the file cannot be changed
     */
    public boolean remove(Owner client) throws IOException {
        return file.edit(all -> all.remove(client) != null);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
