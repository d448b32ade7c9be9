package dev.asyncjob.identity;

import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.identity.internal.file.ErrorMessages;
import dev.asyncjob.identity.internal.file.FileModes;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes the {@link TokenVerifier} of an identity provider: JWTs by its keys, other tokens by introspection. */
final class TokenVerifiers {
    private static final Pattern JWS = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

    private TokenVerifiers() {}

    /**
     * The verifier for the settings. A provider that cannot be reached now is tried again later.
     *
     * @param nanoTime a clock like {@link System#nanoTime}
     * @param log receives a line about a failed fetch when its reason changes, and one about a failed introspection at
     *     most once a minute
     * @throws IOException if the provider's key file cannot be read, may be changed by others, or has no usable key
     */
    static TokenVerifier of(IdentitySettings settings, InstantSource clock, LongSupplier nanoTime, Consumer<String> log)
            throws IOException {
        ProviderHttp http = new ProviderHttp();
        IdentitySettings.Endpoint endpoint = settings.introspection();
        TokenVerifier introspection = endpoint == null
                ? TokenVerifier.NONE
                : new Introspection(settings, endpoint, http, clock, nanoTime, new RateLimitedLog(nanoTime, log));
        Supplier<CompletableFuture<byte[]>> keySource = keySource(settings, http);
        if (keySource == null) {
            return introspection;
        }
        JwksCache keys = new JwksCache(keySource, clock, nanoTime, log);
        var unused = keys.refresh();
        JwtTokens jwt = new JwtTokens(settings, keys, clock);
        return endpoint == null
                ? jwt
                : (token, client) -> (JWS.matcher(token).matches() ? jwt : introspection).verify(token, client);
    }

    /** See {@link Authenticators#problems}. */
    static Map<String, String> problems(IdentitySettings settings, InstantSource clock) {
        ProviderHttp http = new ProviderHttp();
        Map<String, String> problems = new LinkedHashMap<>();
        try {
            Supplier<CompletableFuture<byte[]>> keySource = keySource(settings, http);
            if (keySource != null) {
                problems.put("keys", problem(keySource.get().thenApply(KeySetFormat::parse)));
            }
        } catch (IOException e) {
            problems.put("keys", String.valueOf(e.getMessage()));
        }
        IdentitySettings.Endpoint endpoint = settings.introspection();
        if (endpoint != null) {
            Introspection introspection =
                    new Introspection(settings, endpoint, http, clock, System::nanoTime, line -> {});
            problems.put("introspection", problem(introspection.tried()));
        }
        return problems;
    }

    private static String problem(CompletableFuture<?> answer) {
        return answer.handle((given, failure) -> failure == null ? "" : ProviderHttp.reason(failure))
                .join();
    }

    private static @Nullable Supplier<CompletableFuture<byte[]>> keySource(IdentitySettings settings, ProviderHttp http)
            throws IOException {
        URI url = settings.jwksUrl();
        if (url != null) {
            return () -> http.fetch(url, KeySetFormat.MAX_BYTES);
        }
        Path file = settings.jwksFile();
        if (file == null) {
            return null;
        }
        requireUsableKey(file);
        return http.reader(() -> content(file));
    }

    private static void requireUsableKey(Path file) throws IOException {
        byte[] content = content(file);
        FileModes.warnIfReplaceable(file.toAbsolutePath());
        try {
            var unused = KeySetFormat.parse(content);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] content(Path file) throws IOException {
        try {
            FileModes.requireUnwritable(file);
            try (InputStream in = Files.newInputStream(file)) {
                return in.readNBytes(KeySetFormat.MAX_BYTES + 1);
            }
        } catch (IOException e) {
            throw ErrorMessages.withReason(e);
        }
    }
}
