package dev.asyncjob.identity;

import dev.asyncjob.application.spi.RateLimitedLog;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes the {@link TokenVerifier} of an identity provider: JWTs by its keys, other tokens by introspection. */
final class TokenVerifiers {
    private static final Pattern JWS = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

    private final IdentitySettings settings;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Consumer<String> log;
    private final ProviderHttp http = new ProviderHttp();

    /**
     * Sends nothing yet.
     *
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log receives a line about a failed fetch and one about a failed introspection, each at most once a minute
     */
    TokenVerifiers(IdentitySettings settings, InstantSource clock, LongSupplier nanoTime, Consumer<String> log) {
        this.settings = settings;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.log = log;
    }

    /**
     * The verifier for the settings. A provider that cannot be reached now is tried again later.
     *
     * @throws IOException if the provider's key file cannot be read or has no usable key
     */
    TokenVerifier verifier() throws IOException {
        TokenVerifier introspection = introspection();
        if (!settings.hasKeys()) {
            return introspection == null ? TokenVerifier.NONE : introspection;
        }
        JwtTokens jwt = new JwtTokens(settings, keys(), clock);
        return introspection == null
                ? jwt
                : token -> (JWS.matcher(token).matches() ? jwt : introspection).verify(token);
    }

    private @Nullable TokenVerifier introspection() {
        IdentitySettings.Endpoint endpoint = settings.introspection();
        return endpoint == null
                ? null
                : new Introspection(settings, endpoint, http, clock, nanoTime, new RateLimitedLog(nanoTime, log));
    }

    private JwksCache keys() throws IOException {
        Consumer<String> keyLog = new RateLimitedLog(nanoTime, log);
        URI url = settings.jwksUrl();
        if (url != null) {
            JwksCache keys = new JwksCache(() -> http.fetch(url, KeySetFormat.MAX_BYTES), nanoTime, keyLog);
            var unused = keys.refresh();
            return keys;
        }
        return keys(Objects.requireNonNull(settings.jwksFile()), keyLog);
    }

    private JwksCache keys(Path file, Consumer<String> keyLog) throws IOException {
        if (usableKeys(file) == 0) {
            throw new IOException(file + ": no usable key");
        }
        JwksCache keys = new JwksCache(() -> read(file), nanoTime, keyLog);
        var unused = keys.refresh();
        return keys;
    }

    private static int usableKeys(Path file) throws IOException {
        byte[] content = content(file);
        try {
            return KeySetFormat.parse(content).size();
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static CompletableFuture<byte[]> read(Path file) {
        try {
            return CompletableFuture.completedFuture(content(file));
        } catch (IOException e) {
            return CompletableFuture.failedFuture(new UncheckedIOException(ErrorMessages.of(e), e));
        }
    }

    private static byte[] content(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(KeySetFormat.MAX_BYTES + 1);
        } catch (IOException e) {
            throw ErrorMessages.withReason(e);
        }
    }
}
