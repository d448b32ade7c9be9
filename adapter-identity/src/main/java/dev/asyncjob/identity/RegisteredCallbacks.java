package dev.asyncjob.identity;

import dev.asyncjob.application.spi.CallbackEndpoints;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.ErrorMessages;
import dev.asyncjob.identity.internal.file.GuardedFile;
import dev.asyncjob.identity.internal.file.OncePerSecond;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The endpoints of a callbacks file, as {@link CallbackAdministration} writes it.
 *
 * <p>A call checks whether the file has changed, at most once a second. While the file is unreadable or malformed, its
 * last valid content stays in force and a line a minute is logged. An endpoint is disabled in the file, so that it is
 * for all nodes that read it, until it gets a new secret; if the file cannot be written, it is disabled in this process
 * only. Safe for use from any thread.
 */
public final class RegisteredCallbacks implements CallbackEndpoints {
    private static final Logger LOG = System.getLogger(RegisteredCallbacks.class.getName());

    private final GuardedFile<CallbackEntry> file;
    private final InstantSource clock;
    private final Consumer<String> log;
    private final OncePerSecond check;

    /** The newest secrets of the endpoints that this process has disabled. */
    private final Set<String> disabled = ConcurrentHashMap.newKeySet();

    private final RateLimitedLog unreadable;

    private volatile Content content;

    /** One version of the file. */
    private record Content(String text, Map<Owner, CallbackEntry> entries) {
        Map<String, String> names() {
            Map<String, String> names = new LinkedHashMap<>();
            entries.forEach((client, entry) -> names.put(
                    client + " " + entry,
                    client + " callback " + entry.newest().createdAt()
                            + (entry.disabledAt() == null ? "" : " disabled")));
            return names;
        }
    }

    /**
     * Reads the file.
     *
     * @param clock tells when secrets end and endpoints were disabled
     * @throws IOException if the file is missing, unreadable or malformed; the message can be shown to the user
     */
    public RegisteredCallbacks(Path callbacksFile, InstantSource clock) throws IOException {
        this(
                new GuardedFile<>(FileFormat.CALLBACKS, callbacksFile),
                clock,
                System::nanoTime,
                line -> LOG.log(Level.WARNING, line));
    }

    /** @param log receives a line when the file cannot be read, at most once a minute, or not be written */
    RegisteredCallbacks(
            GuardedFile<CallbackEntry> file, InstantSource clock, LongSupplier nanoTime, Consumer<String> log)
            throws IOException {
        this.file = file;
        this.clock = clock;
        this.log = log;
        String text = file.text();
        this.content = new Content(text, file.parse(text));
        this.check = new OncePerSecond(nanoTime);
        this.unreadable = new RateLimitedLog(nanoTime, log);
    }

    @Override
    public Optional<Endpoint> of(Owner client) {
        check.run(this::readIfChanged);
        return inUse(client).map(entry -> entry.endpoint(clock.instant()));
    }

    private Optional<CallbackEntry> inUse(Owner client) {
        return Optional.ofNullable(content.entries.get(client))
                .filter(entry -> entry.disabledAt() == null
                        && !disabled.contains(entry.newest().secret()));
    }

    @Override
    public void disable(Owner client, Endpoint gone) {
        inUse(client).filter(entry -> isOf(entry, gone)).ifPresent(entry -> {
            disabled.add(entry.newest().secret()); // at once, and whether the file can be written or not
            disableInFile(client, gone);
        });
    }

    private void disableInFile(Owner client, Endpoint gone) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        SecurityLog.write(now, "callback-disabled", Map.of("client", client.value()));
        try {
            file.edit(all -> {
                CallbackEntry present = all.get(client);
                return present != null
                        && present.disabledAt() == null
                        && isOf(present, gone)
                        && all.put(client, present.disabled(now)) != null;
            });
        } catch (IOException e) {
            log.accept("the endpoint of %s answered that it is gone, and is disabled in this process only: %s"
                    .formatted(client, ErrorMessages.of(e)));
        }
    }

    private static boolean isOf(CallbackEntry entry, Endpoint endpoint) {
        return endpoint.url().equals(entry.url())
                && endpoint.secrets().contains(entry.newest().secret());
    }

    private void readIfChanged() {
        try {
            String text = file.text();
            Content before = content;
            if (!text.equals(before.text)) {
                content = new Content(text, file.parse(text));
                disabled.retainAll(content.entries.values().stream()
                        .map(entry -> entry.newest().secret())
                        .collect(Collectors.toSet()));
                SecurityLog.writeChange(clock.instant(), "callbacks-changed", before.names(), content.names());
            }
        } catch (IOException e) {
            unreadable.accept("the last valid callbacks stay in force: " + ErrorMessages.of(e));
        }
    }
}
