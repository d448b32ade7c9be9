package dev.asyncjob.identity;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.asyncjob.application.access.Authenticator;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Judges tokens by asking their provider (RFC 7662), and remembers its answer for a moment.
 *
 * <p>Only a clear answer decides: anything else leaves it undecided, and is not remembered. Many calls with one token
 * ask once. Tokens are remembered as hashes and never told to anybody else. Safe for use from any thread.
 */
final class Introspection implements TokenVerifier {
    /** How long a good token is remembered, at most: so long it serves on after it was revoked. */
    static final Duration REMEMBER_GOOD = Duration.ofSeconds(30);

    /** How long a bad or barred token is remembered. */
    static final Duration REMEMBER_BAD = Duration.ofSeconds(10);

    /** Tokens remembered at most. */
    static final int MAX_REMEMBERED = 10_000;

    /** Questions to the provider at once, at most; who comes then is told to come again. */
    static final int MAX_CALLS = 64;

    /** Bytes of an answer at most. */
    static final int MAX_ANSWER = 64 * 1024;

    /** When asking again may help. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final IdentitySettings settings;
    private final IdentitySettings.Endpoint endpoint;
    private final ProviderHttp http;
    private final InstantSource clock;
    private final Consumer<String> complaints;
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    private final AsyncCache<String, Remembered> remembered;

    /**
     * Asks nobody yet.
     *
     * @param clock what tokens' times are compared with
     * @param nanoTime a clock like {@link System#nanoTime}, for remembering
     * @param complaints told about each question that found no answer
     */
    Introspection(
            IdentitySettings settings,
            IdentitySettings.Endpoint endpoint,
            ProviderHttp http,
            InstantSource clock,
            LongSupplier nanoTime,
            Consumer<String> complaints) {
        this.settings = settings;
        this.endpoint = endpoint;
        this.http = http;
        this.clock = clock;
        this.complaints = complaints;
        this.remembered = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED)
                .expireAfter(Expiry.<String, Remembered>creating((hash, answer) -> answer.keep()))
                .ticker(nanoTime::getAsLong)
                .buildAsync();
    }

    /** An answer, and how long it holds; zero for this once, which those who wait for it share. */
    private record Remembered(Authenticator.Verdict verdict, Duration keep) {}

    @Override
    public Authenticator.Verdict of(String token) {
        try {
            return remembered
                    .get(SecretHash.of(token).hex(), (hash, executor) -> ask(token))
                    .get()
                    .verdict();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return undecided().verdict();
        } catch (ExecutionException e) {
            throw new AssertionError("a question always has an outcome", e);
        }
    }

    /** Never ends exceptionally: the cache would log each time, and with it what it must not. */
    private CompletableFuture<Remembered> ask(String token) {
        if (!calls.tryAcquire()) {
            return CompletableFuture.completedFuture(
                    unanswered(new IOException("%d questions are open".formatted(MAX_CALLS))));
        }
        return http.send(question(token), MAX_ANSWER)
                .whenComplete((response, failure) -> calls.release())
                .thenApply(this::judge)
                .exceptionally(this::unanswered);
    }

    private Remembered unanswered(Throwable failure) {
        complaints.accept("the identity provider cannot be asked about a token: " + ProviderHttp.explain(failure));
        return undecided();
    }

    private static Remembered undecided() {
        return new Remembered(new Authenticator.Undecided(RETRY_AFTER), Duration.ZERO);
    }

    private HttpRequest question(String token) {
        return ProviderHttp.request(endpoint.url())
                .header("Authorization", "Basic " + basic(endpoint))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("token=" + encoded(token) + "&token_type_hint=access_token"))
                .build();
    }

    /** RFC 6749 section 2.3.1: each half is encoded for a form before they are put together. */
    private static String basic(IdentitySettings.Endpoint endpoint) {
        String pair = encoded(endpoint.clientId()) + ":" + encoded(endpoint.clientSecret());
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Remembered judge(HttpResponse<byte[]> response) {
        Optional<TokenClaims> answer = Json.object(response.body()).map(TokenClaims::new);
        if (response.statusCode() == 403 && answer.isPresent()) {
            return new Remembered(new Authenticator.Barred(), REMEMBER_BAD);
        }
        if (response.statusCode() == 200
                && answer.isPresent()
                && answer.get().json().get("active") instanceof Boolean active) {
            return active ? active(answer.get()) : bad();
        }
        throw new CompletionException(
                new IOException("its answer %d decides nothing".formatted(response.statusCode())));
    }

    private Remembered active(TokenClaims claims) {
        Instant now = clock.instant();
        if (!claims.inForce(now) || !isForUs(claims)) {
            return bad();
        }
        return claims.access(settings.clientClaim())
                .map(access -> settings.ownerClaim().verdict(access, claims))
                .map(verdict -> new Remembered(
                        verdict, verdict instanceof Authenticator.Granted ? keep(claims, now) : REMEMBER_BAD))
                .orElseGet(Introspection::bad);
    }

    private boolean isForUs(TokenClaims claims) {
        boolean issuer = settings.issuer().isEmpty() || !claims.has("iss") || claims.says("iss", settings.issuer());
        boolean audience = settings.audience().isEmpty() || claims.isFor(settings.audience());
        boolean bearer = !claims.has("token_type")
                || (claims.json().get("token_type") instanceof String type && type.equalsIgnoreCase("Bearer"));
        return issuer && audience && bearer;
    }

    private static Remembered bad() {
        return new Remembered(new Authenticator.InvalidToken(), REMEMBER_BAD);
    }

    private static Duration keep(TokenClaims claims, Instant now) {
        Duration left =
                claims.time("exp").map(exp -> Duration.between(now, exp)).orElse(REMEMBER_GOOD);
        if (left.isNegative()) {
            return Duration.ZERO; // within the skew: good for this once
        }
        return left.compareTo(REMEMBER_GOOD) < 0 ? left : REMEMBER_GOOD;
    }
}
