package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.Barred;
import dev.asyncjob.application.access.Authenticator.Granted;
import dev.asyncjob.application.access.Authenticator.InvalidApiKey;
import dev.asyncjob.application.access.Authenticator.InvalidToken;
import dev.asyncjob.application.access.Authenticator.Verdict;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.GuardedFile;
import dev.asyncjob.testkit.RecordedLog;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientsFileAuthenticatorTest {
    private static final String KEY = "api-key 1970-01-01T00:00:00Z";
    private static final String TOKEN = "token 1970-01-01T00:00:00Z";
    private static final Verdict A = new Granted(new Access(new Owner("a"), Set.of(Scope.COMPOSITION_READ)), KEY);

    @TempDir
    private Path folder;

    private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1_500_000_000L); // it may overflow
    private final SettableClock clock = new SettableClock(Jwts.NOW);
    private final List<String> log = new ArrayList<>();

    private GuardedFile<Client> file;
    private ClientsFileAuthenticator authenticator;

    @BeforeEach
    void open() throws IOException {
        file = new GuardedFile<>(FileFormat.CLIENTS, folder.resolve("clients.json"));
        put("a", client("key-a", "token-a"));
        put("b", client("key-b", "token-b"));
        authenticator =
                new ClientsFileAuthenticator(file, TokenVerifier.NONE, OwnerClaim.NONE, clock, nanoTime::get, log::add);
    }

    @Test
    void a_token_and_a_key_of_one_client_give_it_its_scopes() {
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
    }

    @ParameterizedTest
    @CsvSource({
        "token-x, key-a",
        "token-x, key-x",
        "token-x, ''",
        "'', key-a",
        "token-a1, key-a",
        "TOKEN-A, key-a",
        "key-a, token-a",
    })
    void an_invalid_token_takes_precedence_over_an_invalid_key(String token, String apiKey) {
        assertThat(authenticator.authenticate(token, apiKey)).isInstanceOf(InvalidToken.class);
    }

    @ParameterizedTest
    @CsvSource({"token-a, key-b", "token-b, key-a", "token-a, ''", "token-a, key-x", "token-a, token-a"})
    void an_unknown_key_and_one_of_another_client_give_the_same_verdict(String token, String apiKey) {
        assertThat(authenticator.authenticate(token, apiKey)).isInstanceOf(InvalidApiKey.class);
    }

    @Test
    void any_of_several_keys_and_tokens_is_good() throws IOException {
        put(
                "a",
                new Client(
                        new TreeSet<>(Set.of(Scope.COMPOSITION_READ)),
                        List.of(credential("key-a"), credential("key-new")),
                        List.of(credential("token-a"), credential("token-new"))));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-new")).isEqualTo(A);
        assertThat(authenticator.authenticate("token-new", "key-a")).isEqualTo(A);
    }

    @Test
    void a_revoked_client_is_rejected_a_second_later_and_others_are_not() throws IOException {
        file.edit(clients -> clients.remove(new Owner("b")) != null);
        advance(Duration.ofMillis(999));
        assertThat(authenticator.authenticate("token-b", "key-b")).isInstanceOf(Granted.class);
        advance(Duration.ofMillis(1));
        assertThat(authenticator.authenticate("token-b", "key-b")).isInstanceOf(InvalidToken.class);
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
    }

    /** The files differ in time by so many seconds: a file may come from a backup, with its old time. */
    @ParameterizedTest
    @ValueSource(ints = {0, -3600})
    void a_rolled_secret_is_rejected_although_the_new_file_has_the_size_and_the_time_of_the_old_one(int later)
            throws IOException {
        FileTime modified = Files.getLastModifiedTime(file.path());
        long size = Files.size(file.path());
        put("a", client("key-n", "token-a"));
        Files.setLastModifiedTime(
                file.path(), FileTime.from(modified.toInstant().plusSeconds(later)));
        assertThat(file.path()).hasSize(size);
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isInstanceOf(InvalidApiKey.class);
        assertThat(authenticator.authenticate("token-a", "key-n")).isEqualTo(A);
    }

    @Test
    void a_secret_that_is_overwritten_within_one_tick_of_the_clock_is_rejected() throws IOException {
        Instant second = Jwts.NOW.truncatedTo(ChronoUnit.SECONDS);
        Files.setLastModifiedTime(file.path(), FileTime.from(second));
        open(TokenVerifier.NONE);
        String rolled = Files.readString(file.path())
                .replace(SecretHash.of("key-a").hex(), SecretHash.of("key-n").hex());
        Files.writeString(file.path(), rolled);
        Files.setLastModifiedTime(file.path(), FileTime.from(second));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isInstanceOf(InvalidApiKey.class);
        assertThat(authenticator.authenticate("token-a", "key-n")).isEqualTo(A);
    }

    @Test
    void a_file_that_becomes_unreadable_leaves_the_last_good_content_in_force() throws IOException {
        String good = Files.readString(file.path());
        Files.writeString(file.path(), "{");
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        Files.delete(file.path());
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        Files.writeString(file.path(), good.replace("composition:read", "job:work"));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a"))
                .isEqualTo(new Granted(new Access(new Owner("a"), Set.of(Scope.JOB_WORK)), KEY));
    }

    @Test
    void a_new_version_that_others_may_change_is_not_taken() throws IOException {
        put("c", client("key-c", "token-c"));
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-rw-rw-"));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        assertThat(authenticator.authenticate("token-c", "key-c")).isInstanceOf(InvalidToken.class);
        assertThat(log).singleElement().asString().contains("other users may change it (mode 666)");
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-------"));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-c", "key-c")).isInstanceOf(Granted.class);
    }

    @Test
    @Timeout(30)
    void a_pipe_in_the_place_of_the_file_is_not_opened() throws Exception {
        Files.delete(file.path());
        assertThat(new ProcessBuilder("mkfifo", "-m", "600", file.path().toString())
                        .start()
                        .waitFor())
                .isZero();
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        assertThat(log).singleElement().asString().endsWith("is not a regular file");
        assertThatThrownBy(() -> put("c", client("key-c", "token-c"))).hasMessageEndingWith("is not a regular file");
    }

    @Test
    @Timeout(30)
    void while_one_thread_hangs_in_a_read_no_other_waits() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        authenticator =
                new ClientsFileAuthenticator(file, TokenVerifier.NONE, OwnerClaim.NONE, clock, nanoTime::get, line -> {
                    hanging.countDown();
                    awaitQuietly(over);
                });
        Files.delete(file.path());
        advance(Duration.ofSeconds(1));
        CompletableFuture<Verdict> first =
                CompletableFuture.supplyAsync(() -> authenticator.authenticate("token-a", "key-a"));
        hanging.await();
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        assertThat(first).isNotDone();
        over.countDown();
        assertThat(first.get()).isEqualTo(A);

        put("c", client("key-c", "token-c"));
        advance(Duration.ofSeconds(1));
        assertThat(authenticator.authenticate("token-c", "key-c")).isInstanceOf(Granted.class);
    }

    @Test
    void an_unreadable_file_is_logged_once_a_minute() throws IOException {
        Files.delete(file.path());
        for (int second = 0; second < 61; second++) {
            advance(Duration.ofSeconds(1));
            authenticator.authenticate("token-a", "key-a");
        }
        assertThat(log)
                .hasSize(2)
                .containsOnly(
                        "the last valid clients stay in force: %s: no such file or folder".formatted(file.path()));
    }

    @Test
    void a_file_that_is_unreadable_at_the_start_is_an_error() throws IOException {
        Files.delete(file.path());
        assertThatThrownBy(() -> new ClientsFileAuthenticator(
                        file, TokenVerifier.NONE, OwnerClaim.NONE, clock, nanoTime::get, log::add))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void an_expired_secret_is_unknown() throws IOException {
        Instant end = Jwts.NOW.plusSeconds(60);
        put(
                "a",
                new Client(
                        new TreeSet<>(Set.of(Scope.COMPOSITION_READ)),
                        List.of(credential("key-a").until(end), credential("key-new")),
                        List.of(credential("token-a").until(end), credential("token-new"))));
        advance(Duration.ofSeconds(1));
        clock.advance(Duration.ofSeconds(60).minusNanos(1));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
        clock.advance(Duration.ofNanos(1));
        assertThat(authenticator.authenticate("token-a", "key-new")).isInstanceOf(InvalidToken.class);
        assertThat(authenticator.authenticate("token-new", "key-a")).isInstanceOf(InvalidApiKey.class);
        assertThat(authenticator.authenticate("token-new", "key-new")).isEqualTo(A);
    }

    @Test
    void a_refusal_says_why_and_to_whom_for_the_log() throws IOException {
        Instant end = Jwts.NOW;
        put(
                "old",
                new Client(new TreeSet<>(), List.of(credential("key-o").until(end)), List.of(credential("token-o"))));
        put(
                "e",
                new Client(
                        new TreeSet<>(),
                        List.of(credential("key-e")),
                        List.of(credential("token-e").until(end))));
        advance(Duration.ofSeconds(1));
        assertThat(cause("token-x", "key-x")).isEqualTo(Authenticator.Cause.of("unknown-token"));
        assertThat(cause("token-x", "key-a"))
                .isEqualTo(new Authenticator.Cause("unknown-token", Optional.of(new Owner("a")), KEY));
        assertThat(cause("token-e", "key-e"))
                .isEqualTo(new Authenticator.Cause("expired-token", Optional.of(new Owner("e")), TOKEN));
        assertThat(cause("token-a", "key-x"))
                .isEqualTo(new Authenticator.Cause("unknown-api-key", Optional.of(new Owner("a")), TOKEN));
        assertThat(cause("token-o", "key-o"))
                .isEqualTo(new Authenticator.Cause("expired-api-key", Optional.of(new Owner("old")), KEY));
        assertThat(cause("token-a", "key-b"))
                .isEqualTo(new Authenticator.Cause("api-key-of-another-client", Optional.of(new Owner("a")), TOKEN));
    }

    private Authenticator.Cause cause(String token, String apiKey) {
        Verdict verdict = authenticator.authenticate(token, apiKey);
        return verdict instanceof InvalidToken invalid ? invalid.cause() : ((InvalidApiKey) verdict).cause();
    }

    @Test
    void changes_of_the_file_are_in_the_security_log_without_secrets() throws IOException {
        try (RecordedLog security = new RecordedLog(Authenticator.SECURITY_LOG)) {
            file.edit(clients -> clients.remove(new Owner("b")) != null);
            put("c", client("key-c", "token-c"));
            put("a", client("key-other", "token-a"));
            advance(Duration.ofSeconds(1));
            authenticator.authenticate("token-a", "key-a");
            assertThat(security.lines())
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("{\"time\":\"" + Jwts.NOW + "\",\"event\":\"clients-changed\"")
                            .contains("\"added\":[\"a " + KEY + "\",\"c with scopes composition:read\",\"c " + KEY
                                    + "\",\"c " + TOKEN + "\"]")
                            .contains("\"removed\":[\"a " + KEY + "\",\"b with scopes composition:read\",\"b " + KEY
                                    + "\",\"b " + TOKEN + "\"]"));
            Files.writeString(file.path(), "{");
            advance(Duration.ofSeconds(1));
            authenticator.authenticate("token-a", "key-a");
            assertThat(security.lines())
                    .anyMatch(line -> line.contains("\"event\":\"clients-refused\"")
                            && line.contains(file.path().toString()))
                    .noneMatch(line -> line.contains(SecretHash.of("key-c").hex()));
        }
    }

    @Test
    void only_accepted_credentials_have_a_last_use() throws IOException {
        clock.advance(Duration.ofHours(1));
        authenticator.authenticate("token-a", "key-b");
        authenticator.authenticate("token-x", "key-b");
        authenticator.authenticate("token-a", "key-a");
        authenticator.close();
        assertThat(new ClientAdministration(file.path(), clock).list())
                .flatExtracting(ClientAdministration.Entry::secrets)
                .containsExactly(
                        new ClientAdministration.Secret(KEY, null, Jwts.NOW.plus(Duration.ofHours(1))),
                        new ClientAdministration.Secret(TOKEN, null, Jwts.NOW.plus(Duration.ofHours(1))),
                        new ClientAdministration.Secret(KEY, null, null),
                        new ClientAdministration.Secret(TOKEN, null, null));
    }

    @Test
    void secrets_that_end_soon_are_announced_once_a_day() throws IOException {
        Instant end = Jwts.NOW.plus(ClientAdministration.EXPIRY_NOTICE);
        put("s", new Client(new TreeSet<>(), List.of(credential("key-s").until(end)), List.of()));
        put("t", new Client(new TreeSet<>(), List.of(credential("key-t").until(end.plusSeconds(1))), List.of()));
        ClientAdministration administration = new ClientAdministration(file.path(), clock);
        assertThat(administration.expiring()).isEqualTo(1);
        try (RecordedLog security = new RecordedLog(Authenticator.SECURITY_LOG)) {
            open(TokenVerifier.NONE);
            for (int hour = 1; hour <= 24; hour++) {
                advance(Duration.ofHours(1));
                clock.advance(Duration.ofHours(1));
                authenticator.authenticate("token-a", "key-a");
            }
            String first = "\"secrets\":[\"s " + KEY + " ends " + end + "\"]}";
            assertThat(security.lines().stream().filter(line -> line.contains(" ends " + end)))
                    .hasSize(2)
                    .allMatch(line -> line.contains("\"event\":\"secrets-expiring\""))
                    .anyMatch(line -> line.endsWith(first));
            assertThat(administration.expiring()).isEqualTo(2);
            clock.advance(ClientAdministration.EXPIRY_NOTICE);
            assertThat(administration.expiring())
                    .as("those that have ended do not count")
                    .isZero();
        }
    }

    private void open(TokenVerifier provider) throws IOException {
        authenticator = new ClientsFileAuthenticator(file, provider, OwnerClaim.NONE, clock, nanoTime::get, log::add);
    }

    @Test
    void a_token_of_a_provider_needs_the_key_of_the_same_client_and_allows_what_both_allow() throws IOException {
        Access access = new Access(new Owner("a"), Set.of(Scope.COMPOSITION_READ, Scope.JOB_ADMIN));
        List<String> asked = new ArrayList<>();
        TokenVerifier provider = (token, client) -> {
            asked.add(token);
            return new Granted(access);
        };
        authenticator = new ClientsFileAuthenticator(file, provider, OwnerClaim.NONE, clock, nanoTime::get, log::add);
        assertThat(authenticator.authenticate("theirs", "key-a")).isEqualTo(A);
        assertThat(authenticator.authenticate("theirs", "key-b")).isInstanceOf(InvalidApiKey.class);
        assertThat(authenticator.authenticate("unasked", "key-x")).isInstanceOf(InvalidApiKey.class);
        assertThat(asked).containsExactly("theirs", "theirs");
    }

    @Test
    void the_owner_that_a_provider_names_is_kept() throws IOException {
        Access access = new Access(new Owner("a"), new Owner("a/x"), Set.of(Scope.COMPOSITION_READ, Scope.JOB_ADMIN));
        OwnerClaim claim = new OwnerClaim("user_id");
        authenticator = new ClientsFileAuthenticator(
                file, (token, client) -> new Granted(access), claim, clock, nanoTime::get, log::add);
        assertThat(authenticator.authenticate("theirs", "key-a"))
                .isEqualTo(
                        new Granted(new Access(new Owner("a"), new Owner("a/x"), Set.of(Scope.COMPOSITION_READ)), KEY));
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
    }

    @Test
    void a_client_with_an_ambiguous_name_is_barred_also_with_a_token_of_the_file() throws IOException {
        put("a/x", client("key-ax", "token-ax"));
        OwnerClaim claim = new OwnerClaim("user_id");
        authenticator = new ClientsFileAuthenticator(file, TokenVerifier.NONE, claim, clock, nanoTime::get, log::add);
        assertThat(authenticator.authenticate("token-ax", "key-ax")).isEqualTo(new Barred());
        assertThat(authenticator.authenticate("token-a", "key-a")).isEqualTo(A);
    }

    @Test
    void a_client_may_have_a_slash_in_its_name_as_long_as_jobs_belong_to_clients_alone() throws IOException {
        put("a/x", client("key-ax", "token-ax"));
        authenticator =
                new ClientsFileAuthenticator(file, TokenVerifier.NONE, OwnerClaim.NONE, clock, nanoTime::get, log::add);
        assertThat(authenticator.authenticate("token-ax", "key-ax"))
                .isEqualTo(new Granted(new Access(new Owner("a/x"), Set.of(Scope.COMPOSITION_READ)), KEY));
    }

    private void advance(Duration time) {
        nanoTime.addAndGet(time.toNanos());
    }

    private void put(String name, Client client) throws IOException {
        file.edit(clients -> {
            clients.put(new Owner(name), client);
            return true;
        });
    }

    private static Client client(String apiKey, String token) {
        return new Client(
                new TreeSet<>(Set.of(Scope.COMPOSITION_READ)), List.of(credential(apiKey)), List.of(credential(token)));
    }

    private static Client.Credential credential(String secret) {
        return new Client.Credential(SecretHash.of(secret), Instant.EPOCH, null);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
