package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.AskProvider;
import dev.asyncjob.application.access.Authenticator.Granted;
import dev.asyncjob.application.access.Authenticator.InvalidToken;
import dev.asyncjob.application.access.Authenticator.Undecided;
import dev.asyncjob.application.access.Authenticator.Verdict;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.identity.internal.file.FileModes;
import dev.asyncjob.testkit.RecordedLog;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwksCacheTest {
    private static final String FAILED =
            "the keys of the identity provider cannot be fetched, the last good ones stay in force: ";
    private static final byte[] ONE_KEY = bytes(Jwts.EC);

    @TempDir
    private Path folder;

    private final SettableClock clock = new SettableClock(Jwts.NOW);
    private final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final List<CompletableFuture<byte[]>> fetches = Collections.synchronizedList(new ArrayList<>());
    private CompletableFuture<byte[]> next = CompletableFuture.completedFuture(ONE_KEY);
    private final JwksCache keys = new JwksCache(this::fetch, clock, clock::nanoTime, log::add);

    private CompletableFuture<byte[]> fetch() {
        fetches.add(next);
        return next;
    }

    private static byte[] bytes(JWK... keys) {
        return new JWKSet(List.of(keys)).toString().getBytes(StandardCharsets.UTF_8);
    }

    private static CompletableFuture<byte[]> failure() {
        return CompletableFuture.failedFuture(new IOException("it is down"));
    }

    private List<String> found(String kid) throws KeySourceException {
        JWKMatcher wanted = new JWKMatcher.Builder()
                .keyID(kid)
                .algorithms(JWSAlgorithm.ES256, null)
                .build();
        return keys.get(new JWKSelector(wanted), null).stream()
                .map(JWK::getKeyID)
                .toList();
    }

    private void assertUnknown(String kid) {
        assertThatThrownBy(() -> found(kid)).isInstanceOf(KeySourceException.class);
    }

    @Test
    void a_known_key_is_fetched_once() throws KeySourceException {
        for (int i = 0; i < 100; i++) {
            assertThat(found("ec")).containsExactly("ec");
        }
        assertThat(fetches).hasSize(1);
    }

    @Test
    void a_fetch_without_an_end_is_given_up() throws KeySourceException {
        next = new CompletableFuture<>();
        assertUnknown("ec");
        next = CompletableFuture.completedFuture(ONE_KEY);
        clock.advance(JwksCache.LONGEST_FETCH);
        assertUnknown("ec");
        clock.advance(Duration.ofNanos(1));
        assertThat(found("ec")).containsExactly("ec");
        assertThat(fetches).hasSize(2);
    }

    @Test
    void unknown_keys_cause_one_fetch_in_30_seconds() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        for (int second = 0; second < 30; second++) {
            assertThat(found("unknown-" + second)).isEmpty();
            clock.advance(Duration.ofSeconds(1));
        }
        assertThat(fetches).hasSize(1);
        assertThat(found("unknown")).isEmpty();
        assertThat(found("unknown")).isEmpty();
        assertThat(fetches).hasSize(2);
    }

    @Test
    void a_new_key_is_picked_up_and_an_old_one_is_gone() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        next = CompletableFuture.completedFuture(
                bytes(new ECKey.Builder(Jwts.EC).keyID("new").build()));
        assertThat(found("new")).isEmpty();
        clock.advance(JwksCache.PAUSE);
        assertThat(found("new")).containsExactly("new");
        assertThat(found("ec")).isEmpty();
    }

    @Test
    void old_keys_stay_in_use_while_new_ones_are_fetched() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        clock.advance(JwksCache.REFRESH_AFTER.minusNanos(1));
        next = new CompletableFuture<>();
        assertThat(found("ec")).hasSize(1);
        assertThat(fetches).hasSize(1);
        clock.advance(Duration.ofNanos(1));
        assertThat(found("ec")).hasSize(1); // would hang if it waited
        assertThat(found("ec")).hasSize(1);
        assertThat(fetches).hasSize(2);
        next.complete(bytes(new ECKey.Builder(Jwts.EC).keyID("new").build()));
        assertThat(found("new")).containsExactly("new");
        assertThat(fetches).hasSize(2);
    }

    @Test
    void a_fetch_that_lasts_longer_than_the_pause_is_not_doubled() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        clock.advance(JwksCache.REFRESH_AFTER);
        next = new CompletableFuture<>();
        for (int i = 0; i < 5; i++) {
            assertThat(found("ec")).hasSize(1);
            assertThatThrownBy(() -> found("new")).isInstanceOf(JwksCache.BeingFetched.class);
            clock.advance(JwksCache.PAUSE.plusSeconds(1));
        }
        assertThat(fetches).hasSize(2);
        next.complete(bytes(new ECKey.Builder(Jwts.EC).keyID("new").build()));
        assertThat(found("new")).containsExactly("new");
        assertThat(fetches).hasSize(2);
    }

    @Test
    void concurrent_requests_for_a_new_key_share_one_fetch_and_none_of_them_waits() throws Exception {
        assertThat(found("ec")).hasSize(1);
        clock.advance(JwksCache.PAUSE);
        next = new CompletableFuture<>();
        List<CompletableFuture<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            assertThatThrownBy(() -> found("new"))
                    .isInstanceOfSatisfying(JwksCache.BeingFetched.class, e -> waiting.add(e.fetch()));
        }
        assertThat(waiting).hasSize(8).noneMatch(CompletableFuture::isDone);
        next.complete(bytes(new ECKey.Builder(Jwts.EC).keyID("new").build()));
        assertThat(waiting).allMatch(CompletableFuture::isDone);
        assertThat(found("new")).containsExactly("new");
        assertThat(fetches).hasSize(2);
    }

    @Test
    void a_token_whose_key_is_being_fetched_is_verified_when_the_keys_are_there() throws IOException {
        next = new CompletableFuture<>();
        JwtTokens tokens = new JwtTokens(settings(null, folder.resolve("unused")), keys, clock);
        List<CompletableFuture<Verdict>> verdicts = new ArrayList<>();
        for (String token : List.of(Jwts.good(), Jwts.sign(Jwts.rsa("other", 2048), Jwts.claims()))) {
            assertThat(tokens.verify(token, Verdicts.CLIENT)).isInstanceOfSatisfying(AskProvider.class, ask -> {
                assertThat(ask.guess()).isFalse();
                verdicts.add(ask.answer().get().toCompletableFuture());
            });
        }
        assertThat(verdicts).noneMatch(CompletableFuture::isDone);
        next.complete(bytes(Jwts.RSA));
        assertThat(verdicts.get(0)).isCompletedWithValueMatching(Granted.class::isInstance);
        assertThat(verdicts.get(1)).isCompletedWithValueMatching(InvalidToken.class::isInstance);
        assertThat(fetches).hasSize(1);
    }

    @Test
    void changes_and_refusals_of_the_keys_are_in_the_security_log() {
        try (RecordedLog security = new RecordedLog(Authenticator.SECURITY_LOG)) {
            next = CompletableFuture.completedFuture(bytes(Jwts.RSA));
            keys.refresh().join();
            clock.advance(JwksCache.PAUSE);
            next = CompletableFuture.completedFuture(bytes(Jwts.rsa("security-2", 2048)));
            keys.refresh().join();
            clock.advance(JwksCache.PAUSE);
            next = CompletableFuture.completedFuture("{}".getBytes(StandardCharsets.UTF_8));
            keys.refresh().join();
            assertThat(security.lines())
                    .anyMatch(line -> line.contains("\"event\":\"keys-changed\"")
                            && line.contains("\"added\":[\"security-2\"]")
                            && line.contains("\"removed\":[\"rsa\"]"))
                    .anyMatch(line ->
                            line.contains("\"event\":\"keys-refused\",\"reason\":\"not a key set: no list of keys\""));
        }
    }

    @Test
    void a_fetch_that_cannot_even_start_is_a_failed_one() throws KeySourceException {
        AtomicBoolean threads = new AtomicBoolean();
        JwksCache lacking = new JwksCache(
                () -> {
                    if (!threads.get()) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return CompletableFuture.completedFuture(ONE_KEY);
                },
                clock,
                clock::nanoTime,
                log::add);
        JWKSelector any = new JWKSelector(
                new JWKMatcher.Builder().algorithms(JWSAlgorithm.ES256, null).build());
        assertThatThrownBy(() -> lacking.get(any, null)).isInstanceOf(KeySourceException.class);
        threads.set(true);
        clock.advance(JwksCache.PAUSE);
        assertThat(lacking.get(any, null)).hasSize(1);
    }

    @Test
    void the_last_good_keys_outlive_an_outage_of_an_hour_and_no_more() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        next = failure();
        for (int minute = 0; minute < 59; minute++) {
            clock.advance(Duration.ofMinutes(1));
            assertThat(found("ec")).hasSize(1);
        }
        assertUnknown("other");
        clock.advance(Duration.ofMinutes(1).minusNanos(1));
        assertThat(found("ec")).hasSize(1);
        clock.advance(Duration.ofNanos(1));
        assertUnknown("ec");
        clock.advance(JwksCache.PAUSE);
        next = CompletableFuture.completedFuture(ONE_KEY);
        assertThat(found("ec")).hasSize(1);
        assertThat(found("other")).isEmpty();
        assertThat(log).containsExactly(FAILED + "it is down");
    }

    @Test
    void a_fetch_that_failed_is_not_repeated_within_30_seconds_either() throws KeySourceException {
        next = failure();
        assertUnknown("ec");
        next = CompletableFuture.completedFuture(ONE_KEY);
        clock.advance(JwksCache.PAUSE.minusNanos(1));
        assertUnknown("ec");
        assertThat(fetches).hasSize(1);
        clock.advance(Duration.ofNanos(1));
        assertThat(found("ec")).hasSize(1);
        assertThat(fetches).hasSize(2);
    }

    @Test
    void an_unknown_key_is_undecided_while_the_last_fetch_failed() throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        clock.advance(JwksCache.PAUSE);
        next = failure();
        assertUnknown("new");
        assertUnknown("new");
        assertThat(found("ec")).hasSize(1);
        assertThat(fetches).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("setsWithoutAUsableKey")
    void a_set_without_a_usable_key_never_replaces_good_keys_and_is_told_once(String content)
            throws KeySourceException {
        assertThat(found("ec")).hasSize(1);
        next = CompletableFuture.completedFuture(content.getBytes(StandardCharsets.UTF_8));
        for (int minute = 0; minute < 59; minute++) {
            clock.advance(Duration.ofMinutes(1));
            assertThat(found("ec")).containsExactly("ec");
        }
        assertThat(fetches).hasSizeGreaterThan(10);
        assertUnknown("other");
        assertThat(log).singleElement().asString().startsWith(FAILED);
        next = CompletableFuture.completedFuture(
                bytes(new ECKey.Builder(Jwts.EC).keyID("new").build()));
        clock.advance(JwksCache.PAUSE);
        assertThat(found("new")).containsExactly("new");
        assertThat(found("ec")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("setsWithoutAUsableKey")
    void a_set_without_a_usable_key_decides_nothing_when_it_is_the_first(String content) throws IOException {
        next = CompletableFuture.completedFuture(content.getBytes(StandardCharsets.UTF_8));
        assertUnknown("ec");
        Path file = Files.writeString(folder.resolve("keys.json"), content);
        assertThatThrownBy(() -> verifier(settings(null, file)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": ");
    }

    static Stream<String> setsWithoutAUsableKey() {
        String ec = Jwts.EC.toPublicJWK().toJSONString();
        String encryption = new ECKey.Builder(Jwts.EC.toPublicJWK())
                .keyUse(KeyUse.ENCRYPTION)
                .build()
                .toJSONString();
        return Stream.of(
                "",
                " ",
                "null",
                "true",
                "[]",
                "{}",
                "[" + ec + "]",
                ec,
                "<html></html>",
                "{\"keys\":null}",
                "{\"keys\":{}}",
                "{\"keys\":\"\"}",
                "{\"keys\":[]}",
                "{\"keys\":[5,null,{},[],\"x\"]}",
                "{\"keys\":[" + encryption + "]}",
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"new\"}]}",
                "{\"keys\":[" + ec,
                "{\"keys\":[" + ec + "]",
                "{\"keys\":[" + ec + "]}{}",
                "{\"keys\":[" + ec + "]},",
                "{\"keys\":[" + ec + "],\"keys\":[]}",
                "{\"keys\":[],\"keys\":[" + ec + "]}",
                "{\"keys\":[" + ec.replaceFirst("\\{", "{\"kty\":\"EC\",") + "]}",
                "\uFEFF{\"keys\":[" + ec + "]}");
    }

    @Test
    void a_file_without_a_usable_key_never_replaces_good_keys() throws IOException {
        Path file = Files.write(folder.resolve("keys.json"), bytes(Jwts.RSA.toPublicJWK()));
        TokenVerifier verifier = verifier(settings(null, file));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        Files.writeString(file, "{\"keys\":[]}");
        for (int minute = 0; minute < 59; minute++) {
            clock.advance(Duration.ofMinutes(1));
            assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, Jwts.claimsWith("exp", "now7200"))))
                    .isInstanceOf(Granted.class);
        }
        assertThat(log).containsExactly(FAILED + "no usable key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html></html>", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[", "null"})
    void a_text_that_is_no_key_set_is_a_failure(String content) {
        next = CompletableFuture.completedFuture(content.getBytes(StandardCharsets.UTF_8));
        assertUnknown("ec");
        assertThat(log).singleElement().asString().contains("not a key set");
    }

    @Test
    void a_set_has_bounds() throws IOException {
        RSAKey publicKey = Jwts.RSA.toPublicJWK();
        assertThat(KeySetFormat.parse(bytes(Collections.nCopies(100, publicKey).toArray(JWK[]::new))))
                .hasSize(KeySetFormat.MAX_KEYS);
        assertThatThrownBy(() -> KeySetFormat.parse(
                        bytes(Collections.nCopies(101, publicKey).toArray(JWK[]::new))))
                .hasMessage("more than 100 keys");
        String blanks = " ".repeat(KeySetFormat.MAX_BYTES - 11);
        assertThatThrownBy(() -> KeySetFormat.parse(("{\"keys\":[]}" + blanks).getBytes(StandardCharsets.UTF_8)))
                .hasMessage("no usable key");
        assertThatThrownBy(() -> KeySetFormat.parse(("{\"keys\":[]}" + blanks + " ").getBytes(StandardCharsets.UTF_8)))
                .hasMessage("more than 262144 bytes");
    }

    @Test
    void unusable_keys_do_not_affect_the_others() throws IOException {
        String set = """
                {"keys":[5,null,{},{"kty":"oct","k":"AAAA"},{"kty":"RSA","n":"AQ","e":"AQAB"},{"kty":"EC","crv":"P-256"},
                {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"new"},%s]}
                """.formatted(Jwts.EC.toJSONString());
        assertThat(KeySetFormat.parse(set.getBytes(StandardCharsets.UTF_8))).containsExactly(Jwts.EC.toPublicJWK());
    }

    /** How a provider can fail to give its keys. */
    enum Trouble {
        REFUSED,
        HANG,
        DRIP,
        FLOOD,
        REDIRECT,
        HTML,
        ERROR;

        private IdentityProvider.Answer of(IdentityProvider provider) {
            return switch (this) {
                case REFUSED, ERROR -> IdentityProvider.json(500, "{\"keys\":[]}");
                case HANG -> provider.hang();
                case DRIP -> provider.drip();
                case FLOOD -> provider.flood();
                case REDIRECT -> provider.redirect(302);
                case HTML -> IdentityProvider.html(200);
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Trouble.class)
    void a_provider_in_trouble_leaves_tokens_undecided_and_the_server_can_start(Trouble trouble) throws Exception {
        try (IdentityProvider provider = new IdentityProvider()) {
            provider.keys = trouble.of(provider);
            if (trouble == Trouble.REFUSED) {
                provider.goDown();
            }
            TokenVerifier verifier = verifier(settings(provider, null));
            assertThat(Verdicts.of(verifier, Jwts.good())).isEqualTo(new Undecided(JwtTokens.RETRY_AFTER));
            assertThat(Verdicts.of(verifier, "no.jwt.atall")).isInstanceOf(InvalidToken.class);
            assertThat(provider.elsewhere).hasValue(0);
            assertThat(log).hasSize(1);
            provider.publish(new JWKSet(Jwts.RSA));
            if (trouble != Trouble.REFUSED) {
                clock.advance(JwksCache.PAUSE);
                assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
            }
        }
    }

    @Test
    void a_repeated_message_is_logged_once_a_minute() {
        RateLimitedLog told = new RateLimitedLog(clock::nanoTime, log::add);
        for (int second = 0; second < 61; second++) {
            told.accept("down");
            clock.advance(Duration.ofSeconds(1));
        }
        assertThat(log).containsExactly("down", "down");
    }

    @Test
    void a_file_is_read_and_read_again() throws IOException {
        Path file = Files.write(folder.resolve("keys.json"), bytes(Jwts.RSA.toPublicJWK()));
        TokenVerifier verifier = verifier(settings(null, file));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        RSAKey renamed = new RSAKey.Builder(Jwts.RSA).keyID("new").build();
        FileTime modified = Files.getLastModifiedTime(file);
        long size = Files.size(file);
        Files.write(file, bytes(renamed.toPublicJWK()));
        Files.setLastModifiedTime(file, modified);
        assertThat(file).hasSize(size);
        clock.advance(JwksCache.PAUSE);
        assertThat(Verdicts.of(verifier, Jwts.sign(renamed, Jwts.claims()))).isInstanceOf(Granted.class);
        Files.delete(file);
        clock.advance(JwksCache.PAUSE);
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Undecided.class);
        assertThat(Verdicts.of(verifier, Jwts.sign(renamed, Jwts.claims()))).isInstanceOf(Granted.class);
        assertThat(log).containsExactly(FAILED + file + ": no such file or folder");
    }

    @Test
    void a_file_without_keys_is_an_error_at_the_start() throws IOException {
        Path nowhere = folder.resolve("nowhere.json");
        assertThatThrownBy(() -> verifier(settings(null, nowhere))).isInstanceOf(NoSuchFileException.class);
        Path html = Files.writeString(folder.resolve("keys.html"), "<html>");
        assertThatThrownBy(() -> verifier(settings(null, html)))
                .isInstanceOf(IOException.class)
                .hasMessage(html + ": not a key set: not a JSON object");
        Path empty = Files.writeString(folder.resolve("empty.json"), "{\"keys\":[]}");
        assertThatThrownBy(() -> verifier(settings(null, empty))).hasMessage(empty + ": no usable key");
    }

    @Test
    void a_file_that_others_may_change_is_an_error_at_the_start_and_does_not_replace_the_keys_before_it()
            throws IOException {
        Path file = Files.write(folder.resolve("keys.json"), bytes(Jwts.RSA.toPublicJWK()));
        TokenVerifier verifier = verifier(settings(null, file));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        RSAKey planted = new RSAKey.Builder(Jwts.RSA).keyID("planted").build();
        Files.write(file, bytes(planted.toPublicJWK()));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        clock.advance(JwksCache.PAUSE);
        assertThat(Verdicts.of(verifier, Jwts.sign(planted, Jwts.claims()))).isInstanceOf(Undecided.class);
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        String reason = file + ": other users may change it (mode 666); 'chmod o-w' prevents that";
        assertThat(log).containsExactly(FAILED + reason);
        assertThatThrownBy(() -> verifier(settings(null, file))).hasMessage(reason);
    }

    @Test
    @Timeout(30)
    void a_pipe_in_the_place_of_the_file_is_not_opened() throws Exception {
        Path file = Files.write(folder.resolve("keys.json"), bytes(Jwts.RSA.toPublicJWK()));
        TokenVerifier verifier = verifier(settings(null, file));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", "-m", "600", file.toString())
                        .start()
                        .waitFor())
                .isZero();
        clock.advance(JwksCache.PAUSE);
        RSAKey other = new RSAKey.Builder(Jwts.RSA).keyID("other").build();
        assertThat(Verdicts.of(verifier, Jwts.sign(other, Jwts.claims()))).isInstanceOf(Undecided.class);
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Granted.class);
        assertThat(log).containsExactly(FAILED + file + ": is not a regular file");
    }

    @Test
    @Timeout(30)
    void a_read_that_hangs_keeps_one_thread_and_nobody_waits_for_it() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger reads = new AtomicInteger();
        JwksCache cache = new JwksCache(
                new ProviderHttp().reader(() -> {
                    if (reads.incrementAndGet() == 2) {
                        over.await();
                    }
                    return ONE_KEY;
                }),
                clock,
                clock::nanoTime,
                log::add);
        TokenVerifier verifier = new JwtTokens(settings(null, folder.resolve("unused")), cache, clock);
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.EC, Jwts.claims()))).isInstanceOf(Granted.class);
        for (int i = 0; i < 2; i++) {
            clock.advance(JwksCache.PAUSE);
            assertThat(verifier.verify(Jwts.sign(Jwts.EC, Jwts.claims()), Verdicts.CLIENT))
                    .isInstanceOf(Granted.class);
            assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(Undecided.class);
        }
        assertThat(reads).hasValue(2);
        assertThat(log).containsExactly(FAILED + "no answer within 2 s");
        over.countDown();
    }

    @Test
    void a_folder_in_which_others_may_replace_the_file_gives_a_warning() throws IOException {
        Path file = Files.write(folder.resolve("keys.json"), bytes(Jwts.RSA.toPublicJWK()));
        try (RecordedLog warnings = new RecordedLog(FileModes.class.getName())) {
            TokenVerifier before = verifier(settings(null, file));
            assertThat(Verdicts.of(before, Jwts.good())).isInstanceOf(Granted.class);
            assertThat(warnings.lines()).noneMatch(line -> line.startsWith(folder.toString()));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
            TokenVerifier after = verifier(settings(null, file));
            assertThat(Verdicts.of(after, Jwts.good())).isInstanceOf(Granted.class);
            assertThat(warnings.lines()).anyMatch(line -> line.startsWith(folder + ": other users may change it"));
        }
    }

    private TokenVerifier verifier(IdentitySettings settings) throws IOException {
        return TokenVerifiers.of(settings, clock, clock::nanoTime, log::add);
    }

    private static IdentitySettings settings(@Nullable IdentityProvider provider, @Nullable Path file) {
        IdentitySettings none = IdentitySettings.none();
        return new IdentitySettings(
                provider == null ? null : provider.url("/keys"),
                file,
                IdentityProvider.ISSUER,
                IdentityProvider.AUDIENCE,
                none.clientClaim(),
                none.ownerClaim(),
                none.algorithms(),
                none.tokenTypes(),
                null);
    }
}
