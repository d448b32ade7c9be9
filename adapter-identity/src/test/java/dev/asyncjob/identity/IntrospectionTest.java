package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpExchange;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator.AskProvider;
import dev.asyncjob.application.access.Authenticator.Barred;
import dev.asyncjob.application.access.Authenticator.Granted;
import dev.asyncjob.application.access.Authenticator.InvalidToken;
import dev.asyncjob.application.access.Authenticator.Undecided;
import dev.asyncjob.application.access.Authenticator.Verdict;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntrospectionTest {
    private static final Verdict CLINIC_A =
            new Granted(new Access(new Owner("clinic-a"), Set.of(Scope.COMPOSITION_READ, Scope.JOB_WORK)));
    private static final Verdict UNDECIDED = new Undecided(Duration.ofSeconds(5));

    private final SettableClock clock = new SettableClock(Jwts.NOW);
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());

    @AutoClose("shutdownNow")
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AutoClose
    private IdentityProvider provider;

    private TokenVerifier verifier;

    @BeforeEach
    void start() throws IOException {
        provider = new IdentityProvider();
        provider.verdict = active(Jwts.claims());
        verifier = verifier("", "", null);
    }

    private TokenVerifier verifier(String issuer, String audience, @Nullable String keysPath) throws IOException {
        return verifier(issuer, audience, keysPath, "");
    }

    private TokenVerifier verifier(String issuer, String audience, @Nullable String keysPath, String ownerClaim)
            throws IOException {
        IdentitySettings none = IdentitySettings.none();
        IdentitySettings settings = new IdentitySettings(
                keysPath == null ? null : provider.url(keysPath),
                null,
                issuer,
                audience,
                none.clientClaim(),
                ownerClaim,
                none.algorithms(),
                none.tokenTypes(),
                new IdentitySettings.Endpoint(provider.url("/ask"), "async job", "s3:cr%et+ü"));
        return TokenVerifiers.of(settings, clock, clock::nanoTime, log::add);
    }

    private static IdentityProvider.Answer active(Map<String, String> claims) {
        claims.put("active", "true");
        return IdentityProvider.json(200, Jwts.json(claims));
    }

    private Verdict judged(String name, String json) {
        provider.verdict = active(Jwts.claimsWith(name, json));
        return Verdicts.of(verifier, "token");
    }

    @Test
    void an_active_token_gives_its_client_its_scopes() {
        assertThat(Verdicts.of(verifier, "a+b/c=")).isEqualTo(CLINIC_A);
        String pair = "async+job:s3%3Acr%25et%2B%C3%BC";
        assertThat(provider.asked)
                .containsExactly("Basic "
                        + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.US_ASCII))
                        + " token=a%2Bb%2Fc%3D&token_type_hint=access_token");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exp | absent",
                "exp | now-59",
                "nbf | now60",
                "iss | absent",
                "token_type | \"bearer\"",
                "token_type | \"Bearer\"",
                "aud | [\"asyncjob\",\"other\"]",
                "username | \"x\"",
            })
    void an_active_token_is_valid_with(String name, String json) throws IOException {
        verifier = verifier(IdentityProvider.ISSUER, IdentityProvider.AUDIENCE, null);
        assertThat(judged(name, json)).isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exp | now-60",
                "exp | \"soon\"",
                "exp | 1000000000000000000000000000000",
                "nbf | now61",
                "iss | \"https://other.example\"",
                "aud | absent",
                "aud | \"other\"",
                "token_type | \"DPoP\"",
                "token_type | 5",
                "client_id | absent",
                "client_id | \"two words\"",
                "scope | 5",
            })
    void an_active_token_is_invalid_with(String name, String json) throws IOException {
        verifier = verifier(IdentityProvider.ISSUER, IdentityProvider.AUDIENCE, null);
        assertThat(judged(name, json)).isInstanceOf(InvalidToken.class);
    }

    @Test
    void issuer_and_audience_are_not_checked_unless_they_are_set() {
        Map<String, String> claims = Jwts.claimsWith("iss", "\"https://other.example\"");
        claims.remove("aud");
        provider.verdict = active(claims);
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
    }

    @Test
    void an_inactive_token_is_invalid_and_introspected_again_after_ten_seconds() {
        provider.verdict = IdentityProvider.json(200, "{\"active\":false}");
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
        provider.verdict = active(Jwts.claims());
        clock.advance(Introspection.CACHE_INVALID.minusNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
        clock.advance(Duration.ofNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        assertThat(provider.questions).hasValue(2);
    }

    @Test
    void a_token_whose_client_is_barred_is_barred() {
        provider.verdict = IdentityProvider.json(403, "{\"error\":\"legal_entity_blocked\"}");
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(new Barred());
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(new Barred());
        assertThat(provider.questions).hasValue(1);
        clock.advance(Introspection.CACHE_INVALID);
        provider.verdict = active(Jwts.claims());
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
    }

    @Test
    void a_revoked_token_stays_valid_for_30_seconds_at_most() {
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        provider.verdict = IdentityProvider.json(200, "{\"active\":false}");
        clock.advance(Introspection.CACHE_VALID.minusNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        clock.advance(Duration.ofNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
        assertThat(provider.questions).hasValue(2);
    }

    @Test
    void a_valid_token_is_not_cached_beyond_its_expiry() {
        provider.verdict = active(Jwts.claimsWith("exp", "now10"));
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        provider.verdict = IdentityProvider.json(200, "{\"active\":false}");
        clock.advance(Duration.ofSeconds(10).minusNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        clock.advance(Duration.ofNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
    }

    @Test
    void an_expired_token_within_the_skew_is_not_cached() {
        provider.verdict = active(Jwts.claimsWith("exp", "now-30"));
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        assertThat(provider.questions).hasValue(2);
    }

    /** How a provider can fail to decide. */
    enum Trouble {
        REFUSED,
        HANG,
        DIES,
        DRIP,
        FLOOD,
        BOM,
        DUPLICATE,
        TRAILING,
        REDIRECT_302,
        REDIRECT_307,
        HTML,
        HTML_403,
        EMPTY,
        NO_ACTIVE,
        ACTIVE_AS_TEXT,
        ACTIVE_NULL,
        LIST,
        BRACKETS,
        TOO_LARGE,
        UNAUTHORIZED,
        BUSY,
        CREATED,
        ERROR;

        private IdentityProvider.Answer of(IdentityProvider provider) {
            return switch (this) {
                case REFUSED, HANG -> provider.hang();
                case DIES -> HttpExchange::close;
                case BOM -> IdentityProvider.json(200, "\uFEFF{\"active\":false}");
                case DUPLICATE -> IdentityProvider.json(200, "{\"active\":false,\"active\":true}");
                case TRAILING -> IdentityProvider.json(200, "{\"active\":false}{}");
                case DRIP -> provider.drip();
                case FLOOD -> provider.flood();
                case REDIRECT_302 -> provider.redirect(302);
                case REDIRECT_307 -> provider.redirect(307);
                case HTML -> IdentityProvider.html(200);
                case HTML_403 -> IdentityProvider.html(403);
                case EMPTY -> IdentityProvider.json(200, "");
                case NO_ACTIVE -> IdentityProvider.json(200, "{\"client_id\":\"clinic-a\",\"scope\":\"job:work\"}");
                case ACTIVE_AS_TEXT -> IdentityProvider.json(200, "{\"active\":\"false\"}");
                case ACTIVE_NULL -> IdentityProvider.json(200, "{\"active\":null}");
                case LIST -> IdentityProvider.json(200, "[{\"active\":true}]");
                case BRACKETS -> IdentityProvider.json(200, "{\"a\":" + "[".repeat(60_000));
                case TOO_LARGE ->
                    IdentityProvider.json(200, "{\"active\":false}" + " ".repeat(Introspection.MAX_BODY - 15));
                case UNAUTHORIZED -> IdentityProvider.json(401, "{\"active\":false}");
                case BUSY -> IdentityProvider.json(429, "{\"active\":false}");
                case CREATED -> IdentityProvider.json(201, "{\"active\":false}");
                case ERROR -> IdentityProvider.json(500, "{\"active\":false}");
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Trouble.class)
    @Timeout(10)
    void a_faulty_response_decides_nothing_and_is_not_cached(Trouble trouble) throws IOException {
        provider.verdict = trouble.of(provider);
        if (trouble == Trouble.REFUSED) {
            provider.goDown();
        }
        assertThat(Verdicts.of(verifier, "t0ken")).isEqualTo(UNDECIDED);
        assertThat(provider.elsewhere).hasValue(0);
        assertThat(log)
                .singleElement()
                .asString()
                .startsWith("the introspection of a token failed: ")
                .doesNotContain("t0ken", "s3", "cr%et", "Exception");
        if (trouble != Trouble.REFUSED) {
            provider.verdict = active(Jwts.claims());
            assertThat(Verdicts.of(verifier, "t0ken")).isEqualTo(CLINIC_A);
        }
    }

    @Test
    void the_largest_response_is_read() {
        provider.verdict = IdentityProvider.json(200, "{\"active\":false}" + " ".repeat(Introspection.MAX_BODY - 16));
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_response_that_is_too_slow_or_too_large_is_cancelled(boolean flood) throws InterruptedException {
        provider.verdict = flood ? provider.flood() : provider.drip();
        long start = System.nanoTime();
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(UNDECIDED);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        assertThat(provider.hungUpOn.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(provider.bytesSent.get()).isLessThan(16L << 20);
    }

    @Test
    void a_thousand_calls_with_one_new_token_cause_one_request() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1000);
        provider.verdict = IdentityProvider.when(arrived, active(Jwts.claims()));
        List<Future<Verdict>> verdicts = threads.invokeAll(Collections.nCopies(1000, () -> {
            arrived.countDown();
            return Verdicts.of(verifier, "token");
        }));
        for (Future<Verdict> verdict : verdicts) {
            assertThat(verdict.get()).isEqualTo(CLINIC_A);
        }
        assertThat(provider.questions).hasValue(1);
    }

    @Test
    void a_thousand_callers_with_one_new_token_wait_without_a_thread() {
        CountDownLatch open = new CountDownLatch(1);
        provider.verdict = IdentityProvider.when(open, active(Jwts.claims()));
        List<CompletableFuture<Verdict>> verdicts = asked(1000, i -> "token", Verdicts.CLIENT);
        assertThat(verdicts).noneMatch(CompletableFuture::isDone);
        open.countDown();
        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict.join()).isEqualTo(CLINIC_A));
        assertThat(provider.questions).hasValue(1);
    }

    /** Asks for tokens from this one thread, and does not wait. */
    private List<CompletableFuture<Verdict>> asked(int tokens, IntFunction<String> token, Owner client) {
        return IntStream.range(0, tokens)
                .mapToObj(i -> (AskProvider) verifier.verify(token.apply(i), client))
                .map(ask -> ask.answer().get().toCompletableFuture())
                .toList();
    }

    @Test
    void a_client_that_has_used_up_its_requests_leaves_those_of_the_others() {
        CountDownLatch open = new CountDownLatch(1);
        provider.verdict = IdentityProvider.when(open, active(Jwts.claims()));
        List<CompletableFuture<Verdict>> first =
                asked(ProviderSlots.MAX_OF_CLIENT, i -> "a-" + i, new Owner("clinic-a"));
        assertThat(Verdicts.of(verifier, "one-more")).isEqualTo(UNDECIDED);
        List<CompletableFuture<Verdict>> others =
                asked(ProviderSlots.MAX_OF_CLIENT, i -> "b-" + i, new Owner("clinic-b"));
        assertThat(Verdicts.of(verifier, "one-more", new Owner("clinic-b"))).isEqualTo(UNDECIDED);
        assertThat(first).noneMatch(CompletableFuture::isDone);
        open.countDown();
        assertThat(first).allSatisfy(verdict -> assertThat(verdict.join()).isEqualTo(CLINIC_A));
        assertThat(others).allSatisfy(verdict -> assertThat(verdict.join()).isEqualTo(CLINIC_A));
        assertThat(Verdicts.of(verifier, "one-more")).isEqualTo(CLINIC_A);
        assertThat(provider.questions).hasValue(2 * ProviderSlots.MAX_OF_CLIENT + 1);
    }

    @Test
    void the_server_has_a_limit_of_open_requests_and_slots_return() {
        ProviderSlots slots = new ProviderSlots(clock::nanoTime);
        for (int round = 0; round < 3; round++) {
            List<Owner> clients = IntStream.range(0, ProviderSlots.MAX / ProviderSlots.MAX_OF_CLIENT)
                    .mapToObj(i -> new Owner("clinic-" + i))
                    .toList();
            List<ProviderSlots.Slot> taken = new ArrayList<>();
            for (Owner client : clients) {
                for (int slot = 0; slot < ProviderSlots.MAX_OF_CLIENT; slot++) {
                    taken.add(Objects.requireNonNull(slots.take(client)));
                }
            }
            assertThat(slots.take(new Owner("late"))).isNull();
            taken.get(0).release();
            taken.get(0).release(); // once is enough
            assertThat(slots.take(clients.get(1))).isNull();
            taken.add(Objects.requireNonNull(slots.take(new Owner("late"))));
            assertThat(slots.take(clients.get(0))).isNull();
            taken.forEach(ProviderSlots.Slot::release);
        }
    }

    @Test
    void a_slot_whose_request_has_no_end_is_free_after_a_while() {
        ProviderSlots slots = new ProviderSlots(clock::nanoTime);
        for (int i = 0; i < ProviderSlots.MAX_OF_CLIENT; i++) {
            assertThat(slots.take(new Owner("clinic-a"))).isNotNull();
        }
        clock.advance(ProviderSlots.LONGEST);
        assertThat(slots.take(new Owner("clinic-a"))).isNull();
        clock.advance(Duration.ofNanos(1));
        assertThat(slots.take(new Owner("clinic-a"))).isNotNull();
    }

    @Test
    void a_request_whose_failure_cannot_be_logged_for_want_of_memory_is_undecided() {
        IdentitySettings.Endpoint endpoint = new IdentitySettings.Endpoint(provider.url("/ask"), "a", "b");
        provider.verdict = IdentityProvider.json(500, "{}");
        verifier = new Introspection(
                IdentitySettings.none(), endpoint, new ProviderHttp(), clock, clock::nanoTime, line -> {
                    throw new OutOfMemoryError("on purpose");
                });
        for (int i = 0; i < 2 * ProviderSlots.MAX_OF_CLIENT; i++) {
            assertThat(Verdicts.of(verifier, "token")).isEqualTo(UNDECIDED);
        }
        provider.verdict = active(Jwts.claims());
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
    }

    @Test
    void a_request_that_cannot_even_be_sent_takes_no_slot() throws IOException {
        AtomicBoolean lacking = new AtomicBoolean(true);
        ProviderHttp http = new ProviderHttp(task -> {
            if (lacking.get()) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            threads.execute(task);
        });
        IdentitySettings.Endpoint endpoint = new IdentitySettings.Endpoint(provider.url("/ask"), "a", "b");
        verifier = new Introspection(IdentitySettings.none(), endpoint, http, clock, clock::nanoTime, log::add);
        for (int i = 0; i < 2 * ProviderSlots.MAX; i++) {
            assertThat(Verdicts.of(verifier, "token-" + i)).isEqualTo(UNDECIDED);
        }
        lacking.set(false);
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
    }

    @Test
    void credentials_that_the_provider_refuses_are_read_again() {
        List<String> secrets = new ArrayList<>(List.of("new", "old"));
        IdentitySettings.Endpoint endpoint = new IdentitySettings.Endpoint(
                provider.url("/ask"),
                () -> new IdentitySettings.Credentials(
                        "a", secrets.size() > 1 ? secrets.remove(secrets.size() - 1) : secrets.get(0)));
        verifier = introspection(endpoint);
        IdentityProvider.Answer good = provider.verdict;
        provider.verdict =
                exchange -> (basic("old").equals(exchange.getRequestHeaders().getFirst("Authorization"))
                                ? IdentityProvider.json(401, "{}")
                                : good)
                        .to(exchange);
        assertThat(Verdicts.of(verifier, "one")).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, "two")).isEqualTo(CLINIC_A);
        assertThat(provider.asked.stream().map(asked -> asked.substring(0, asked.indexOf(" token="))))
                .containsExactly(basic("old"), basic("new"), basic("new"));
        assertThat(log).isEmpty();
    }

    @Test
    void credentials_that_are_refused_and_have_not_changed_or_cannot_be_read_decide_nothing() {
        AtomicBoolean readable = new AtomicBoolean(true);
        verifier = introspection(new IdentitySettings.Endpoint(provider.url("/ask"), () -> {
            if (!readable.get()) {
                throw new IllegalStateException("the file cannot be read");
            }
            return new IdentitySettings.Credentials("a", "b");
        }));
        provider.verdict = IdentityProvider.json(401, "{}");
        assertThat(Verdicts.of(verifier, "one")).isEqualTo(UNDECIDED);
        assertThat(provider.questions).hasValue(1);
        readable.set(false);
        assertThat(Verdicts.of(verifier, "two")).isEqualTo(UNDECIDED);
        assertThat(log)
                .containsExactly(
                        "the introspection of a token failed: the response 401 decides nothing",
                        "the introspection of a token failed: the file cannot be read");
        provider.verdict = active(Jwts.claims());
        assertThat(Verdicts.of(verifier, "three")).isEqualTo(CLINIC_A);
    }

    private TokenVerifier introspection(IdentitySettings.Endpoint endpoint) {
        return new Introspection(
                IdentitySettings.none(), endpoint, new ProviderHttp(), clock, clock::nanoTime, log::add);
    }

    private static String basic(String secret) {
        return "Basic " + Base64.getEncoder().encodeToString(("a:" + secret).getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void a_token_that_was_valid_within_an_hour_is_no_guess() {
        assertThat(isGuess("token")).isTrue();
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        clock.advance(Introspection.CACHE_VALID);
        assertThat(isGuess("token")).isFalse();
        assertThat(isGuess("other")).isTrue();
        provider.verdict = IdentityProvider.html(502);
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(UNDECIDED);
        assertThat(isGuess("token")).isFalse();
        clock.advance(Introspection.REMEMBERED.minus(Introspection.CACHE_VALID));
        assertThat(isGuess("token")).isTrue();
    }

    @Test
    void a_token_that_was_revoked_is_a_guess() {
        assertThat(Verdicts.of(verifier, "token")).isEqualTo(CLINIC_A);
        provider.verdict = IdentityProvider.json(200, "{\"active\":false}");
        clock.advance(Introspection.CACHE_VALID);
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(InvalidToken.class);
        clock.advance(Introspection.CACHE_INVALID);
        assertThat(isGuess("token")).isTrue();
    }

    private boolean isGuess(String token) {
        return ((AskProvider) verifier.verify(token, Verdicts.CLIENT)).guess();
    }

    @Test
    void a_token_in_the_form_of_a_jwt_is_verified_with_keys_and_any_other_is_introspected() throws IOException {
        provider.publish(new JWKSet(Jwts.RSA));
        verifier = verifier(IdentityProvider.ISSUER, IdentityProvider.AUDIENCE, "/keys");
        assertThat(Verdicts.of(verifier, Jwts.good())).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, "a.b.c")).isInstanceOf(InvalidToken.class);
        assertThat(provider.questions).hasValue(0);
        assertThat(Verdicts.of(verifier, "opaque")).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, "a.b.c.d")).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, "a.b~.c")).isEqualTo(CLINIC_A);
        assertThat(provider.questions).hasValue(3);
    }

    @Test
    void without_keys_a_jwt_is_introspected_too() {
        assertThat(Verdicts.of(verifier, Jwts.good())).isEqualTo(CLINIC_A);
        assertThat(provider.questions).hasValue(1);
    }

    @Test
    void jobs_belong_to_the_client_and_the_owner_that_the_token_names() throws IOException {
        verifier = verifier("", "", null, "user_id");
        assertThat(judged("user_id", "\"x\""))
                .isEqualTo(new Granted(new Access(
                        new Owner("clinic-a"),
                        new Owner("clinic-a/x"),
                        Set.of(Scope.COMPOSITION_READ, Scope.JOB_WORK))));
    }

    @Test
    void a_client_without_the_owner_claim_is_barred_and_that_is_cached_as_for_an_invalid_token() throws IOException {
        verifier = verifier("", "", null, "user_id");
        assertThat(judged("user_id", "absent")).isEqualTo(new Barred());
        assertThat(judged("user_id", "\"x\"")).isEqualTo(new Barred());
        clock.advance(Introspection.CACHE_INVALID.plusNanos(1));
        assertThat(Verdicts.of(verifier, "token")).isInstanceOf(Granted.class);
    }
}
