package dev.asyncjob.identity;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies tokens with the introspection endpoint of their provider (RFC 7662), and caches its answers.
 *
 * <p>Only a clear answer decides: after anything else the verdict is undecided, and is not cached. Concurrent calls for
 * one token share one request. A token that was valid within {@link #REMEMBERED} is no guess when it is introspected
 * again. When the provider refuses this server's credentials (401), they are read again, and if they have changed, the
 * token is sent again. The caches contain hashes of tokens; only the provider receives a token. No method waits. Safe
 * for use from any thread.
 */
final class Introspection implements TokenVerifier {
    /** How long a valid token is cached, at most: so long it stays valid here after its revocation. */
    static final Duration CACHE_VALID = Duration.ofSeconds(30);

    /** How long an invalid or barred token is cached. */
    static final Duration CACHE_INVALID = Duration.ofSeconds(10);

    /** Tokens in the cache, at most. */
    static final int MAX_CACHED = 10_000;

    /** How long it is remembered that a token was valid. */
    static final Duration REMEMBERED = Duration.ofHours(1);

    /** Bytes of a response body, at most. */
    static final int MAX_BODY = 64 * 1024;

    /** When a retry may help. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private static final Cached UNDECIDED = new Cached(new Authenticator.Undecided(RETRY_AFTER), Duration.ZERO);

    private final IdentitySettings settings;
    private final IdentitySettings.Endpoint endpoint;
    private final ProviderHttp http;
    private final InstantSource clock;
    private final Consumer<String> log;
    private final LongSupplier nanoTime;
    private final ProviderSlots slots;
    private final Supplier<CompletableFuture<IdentitySettings.Credentials>> presentCredentials;
    private volatile IdentitySettings.Credentials credentials;
    private final AsyncCache<String, Cached> cache;
    private final Cache<String, Boolean> valid;

    /**
     * Sends nothing yet.
     *
     * @param clock what the times of tokens are compared with
     * @param nanoTime a clock like {@link System#nanoTime}, for the cache
     * @param log receives a line for each request without a usable answer
     */
    Introspection(
            IdentitySettings settings,
            IdentitySettings.Endpoint endpoint,
            ProviderHttp http,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<String> log) {
        this.settings = settings;
        this.endpoint = endpoint;
        this.http = http;
        this.credentials = endpoint.credentials().get();
        this.presentCredentials = http.reader(endpoint.credentials()::get);
        this.clock = clock;
        this.log = log;
        this.nanoTime = nanoTime;
        this.slots = new ProviderSlots(nanoTime);
        this.cache = Caffeine.newBuilder()
                .maximumSize(MAX_CACHED)
                .expireAfter(Expiry.<String, Cached>creating((hash, cached) -> cached.lifetime()))
                .ticker(nanoTime::getAsLong)
                .buildAsync();
        this.valid = Caffeine.newBuilder()
                .maximumSize(MAX_CACHED)
                .expireAfterWrite(REMEMBERED)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /** A verdict and how long it is cached; zero for the calls only that wait for it now. */
    private record Cached(Authenticator.Verdict verdict, Duration lifetime) {}

    /** A request to the provider, and its verdict, which comes in any case. */
    private final class Asked extends CompletableFuture<Cached>
            implements BiConsumer<@Nullable HttpResponse<byte[]>, @Nullable Throwable> {
        private final String hash;
        private final ProviderSlots.Slot slot;
        private volatile long answeredAt;

        Asked(String hash, ProviderSlots.Slot slot) {
            this.hash = hash;
            this.slot = slot;
        }

        @Override
        public void accept(@Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
            slot.release();
            Cached cached = UNDECIDED;
            try {
                cached = response == null ? unanswered(failure) : verdict(response);
                remember(hash, cached.verdict());
            } catch (CompletionException e) {
                cached = unanswered(e);
            } finally { // also without memory
                answeredAt = nanoTime.getAsLong();
                complete(cached);
            }
        }
    }

    /** Whether a verdict counts no longer, or will never come. */
    private boolean isOver(CompletableFuture<Cached> cached) {
        if (!(cached instanceof Asked asked)) {
            return true;
        }
        return asked.isDone()
                ? nanoTime.getAsLong() - asked.answeredAt
                        >= asked.join().lifetime().toNanos()
                : asked.slot.isLost();
    }

    @Override
    public Authenticator.Verdict verify(String token, Owner client) {
        String hash = SecretHash.of(token).hex();
        CompletableFuture<Cached> cached = cache.getIfPresent(hash);
        if (cached != null && isOver(cached)) {
            cache.asMap().remove(hash, cached);
            cached.complete(UNDECIDED);
        } else if (cached != null && cached.isDone()) {
            return cached.join().verdict();
        }
        return new Authenticator.AskProvider(
                client,
                valid.getIfPresent(hash) == null,
                () -> cache.get(hash, (same, executor) -> introspect(token, hash, client))
                        .thenApply(Cached::verdict));
    }

    /** Never completes exceptionally: the cache would log each failure, with details that must not be logged. */
    private CompletableFuture<Cached> introspect(String token, String hash, Owner client) {
        ProviderSlots.Slot slot = slots.take(client);
        if (slot == null) {
            return CompletableFuture.completedFuture(unanswered(new IOException("too many requests are open")));
        }
        Asked asked = new Asked(hash, slot);
        var unused = sent(token).whenComplete(asked);
        return asked;
    }

    private CompletableFuture<HttpResponse<byte[]>> sent(String token) {
        IdentitySettings.Credentials used = credentials;
        return sent(token, used)
                .thenCompose(response -> response.statusCode() == 401
                        ? presentCredentials.get().thenCompose(present -> {
                            credentials = present;
                            return present.equals(used)
                                    ? CompletableFuture.completedFuture(response)
                                    : sent(token, present);
                        })
                        : CompletableFuture.completedFuture(response));
    }

    private CompletableFuture<HttpResponse<byte[]>> sent(String token, IdentitySettings.Credentials used) {
        try {
            return http.send(request(token, used), MAX_BODY);
        } catch (Throwable e) { // such as a lack of threads
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Asks about an invented token; exceptionally if the response decides nothing. Stores nothing. */
    CompletableFuture<?> tried() {
        return sent("asyncjob-doctor").thenApply(this::verdict);
    }

    private void remember(String hash, Authenticator.Verdict verdict) {
        if (verdict instanceof Authenticator.Granted) {
            valid.put(hash, true);
        } else if (!(verdict instanceof Authenticator.Undecided)) {
            valid.invalidate(hash);
        }
    }

    private Cached unanswered(@Nullable Throwable failure) {
        log.accept("the introspection of a token failed: " + ProviderHttp.reason(failure));
        return UNDECIDED;
    }

    private HttpRequest request(String token, IdentitySettings.Credentials used) {
        return ProviderHttp.request(endpoint.url())
                .header("Authorization", "Basic " + basic(used))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("token=" + encoded(token) + "&token_type_hint=access_token"))
                .build();
    }

    /** RFC 6749 section 2.3.1: each half is form-encoded before they are joined. */
    private static String basic(IdentitySettings.Credentials used) {
        String pair = encoded(used.clientId()) + ":" + encoded(used.clientSecret());
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Cached verdict(HttpResponse<byte[]> response) {
        Optional<TokenClaims> answer = TokenClaims.of(response.body());
        if (response.statusCode() == 403 && answer.isPresent()) {
            return new Cached(new Authenticator.Barred(), CACHE_INVALID);
        }
        if (response.statusCode() == 200
                && answer.isPresent()
                && answer.get().json().get("active") instanceof Boolean active) {
            return active ? active(answer.get()) : invalid("inactive-token");
        }
        throw new CompletionException(
                new IOException("the response %s decides nothing".formatted(response.statusCode())));
    }

    private Cached active(TokenClaims claims) {
        Instant now = clock.instant();
        if (!claims.inForce(now) || !isForUs(claims)) {
            return invalid("wrong-claims");
        }
        return claims.access(settings.clientClaim())
                .map(access -> settings.ownership().verdict(access, claims))
                .map(verdict -> new Cached(
                        verdict, verdict instanceof Authenticator.Granted ? lifetime(claims, now) : CACHE_INVALID))
                .orElseGet(() -> invalid("wrong-claims"));
    }

    private boolean isForUs(TokenClaims claims) {
        boolean issuer = settings.issuer().isEmpty() || !claims.has("iss") || claims.hasText("iss", settings.issuer());
        boolean audience = settings.audience().isEmpty() || claims.isFor(settings.audience());
        boolean bearer = !claims.has("token_type")
                || (claims.json().get("token_type") instanceof String type && type.equalsIgnoreCase("Bearer"));
        return issuer && audience && bearer;
    }

    private static Cached invalid(String reason) {
        return new Cached(new Authenticator.InvalidToken(Authenticator.Cause.of(reason)), CACHE_INVALID);
    }

    private static Duration lifetime(TokenClaims claims, Instant now) {
        Duration left =
                claims.time("exp").map(exp -> Duration.between(now, exp)).orElse(CACHE_VALID);
        if (left.isNegative()) {
            return Duration.ZERO; // within the skew: valid for the calls that wait now
        }
        return left.compareTo(CACHE_VALID) < 0 ? left : CACHE_VALID;
    }
}
