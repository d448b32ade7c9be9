package dev.asyncjob.identity;

import static dev.asyncjob.identity.IdentityProvider.AUDIENCE;
import static dev.asyncjob.identity.IdentityProvider.ISSUER;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator.Barred;
import dev.asyncjob.application.access.Authenticator.Granted;
import dev.asyncjob.application.access.Authenticator.InvalidToken;
import dev.asyncjob.application.access.Authenticator.Verdict;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtTokensTest {
    private static final Verdict CLINIC_A =
            new Granted(new Access(new Owner("clinic-a"), Set.of(Scope.COMPOSITION_READ, Scope.JOB_WORK)));

    private static RSAKey weak;
    private static RSAKey forger;
    private static ECKey large;
    private static OctetSequenceKey shared;

    private final SettableClock clock = new SettableClock(Jwts.NOW);

    @AutoClose
    private IdentityProvider provider;

    private TokenVerifier verifier;

    @BeforeAll
    static void makeKeys() {
        weak = Jwts.rsa("weak", 1024);
        forger = Jwts.rsa("forger", 2048);
        large = Jwts.ec("a-large", Curve.P_521);
        shared = new OctetSequenceKey.Builder("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8))
                .keyID("shared")
                .build();
    }

    @BeforeEach
    void start() throws IOException {
        provider = new IdentityProvider();
        publish(weak, shared, large, Jwts.RSA, Jwts.EC);
    }

    private void publish(JWK... keys) throws IOException {
        // With the private halves: a provider's mistake must not become an error of ours.
        provider.keys = IdentityProvider.json(200, new JWKSet(List.of(keys)).toString(false));
        verifier = verifier(IdentitySettings.none());
    }

    private TokenVerifier verifier(IdentitySettings rules) throws IOException {
        IdentitySettings settings = new IdentitySettings(
                provider.url("/keys"),
                null,
                ISSUER,
                AUDIENCE,
                rules.clientClaim(),
                rules.ownerClaim(),
                rules.algorithms(),
                rules.tokenTypes(),
                null);
        return TokenVerifiers.of(settings, clock, clock::nanoTime, line -> {});
    }

    private Verdict judged(String name, String json) {
        return Verdicts.of(verifier, Jwts.sign(Jwts.RSA, Jwts.claimsWith(name, json)));
    }

    @Test
    void a_good_token_gives_its_client_its_scopes() {
        assertThat(Verdicts.of(verifier, Jwts.good())).isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    void every_rsa_signature_is_understood(String algorithm) {
        JWSHeader header = Jwts.header(new JWSAlgorithm(algorithm), "rsa").build();
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, header, Jwts.claims())))
                .isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @CsvSource({"ES256, P-256", "ES384, P-384", "ES512, P-521"})
    void every_elliptic_curve_is_understood_also_without_a_key_id(String algorithm, String curve) throws IOException {
        ECKey key = Jwts.ec("z", Curve.parse(curve));
        publish(Jwts.ec("a", Curve.P_521), Jwts.ec("b", Curve.P_384), Jwts.ec("c", Curve.P_256), Jwts.RSA, key);
        JWSHeader header = new JWSHeader.Builder(new JWSAlgorithm(algorithm))
                .type(new JOSEObjectType("at+jwt"))
                .build();
        assertThat(Verdicts.of(verifier, Jwts.sign(key, header, Jwts.claims()))).isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exp | now-59",
                "exp | 1795435200.5",
                "nbf | now60",
                "nbf | null",
                "aud | [\"other\",\"asyncjob\"]",
                "scope | \" composition:read  job:work \"",
            })
    void a_token_is_valid_with(String name, String json) {
        assertThat(judged(name, json)).isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exp | absent",
                "exp | null",
                "exp | now-60",
                "exp | now-61",
                "exp | 1000000000000000000000000000000",
                "exp | 1e30",
                "exp | 9223372036854775807",
                "exp | 253402300800",
                "exp | -1",
                "exp | 0",
                "exp | \"soon\"",
                "exp | \"1900000000\"",
                "exp | [1900000000]",
                "exp | true",
                "nbf | now61",
                "nbf | 1000000000000000000000000000000",
                "nbf | -1",
                "nbf | \"now\"",
                "iat | \"soon\"",
                "iss | absent",
                "iss | null",
                "iss | \"https://id.example/\"",
                "iss | \"HTTPS://ID.EXAMPLE\"",
                "iss | [\"https://id.example\"]",
                "aud | absent",
                "aud | \"other\"",
                "aud | \"asyncjob2\"",
                "aud | \"Asyncjob\"",
                "aud | []",
                "aud | [\"asyncjob\",1]",
                "aud | {\"asyncjob\":1}",
                "client_id | absent",
                "client_id | \"\"",
                "client_id | \"two words\"",
                "client_id | \"zoë\"",
                "client_id | 5",
                "client_id | [\"clinic-a\"]",
                "scope | 5",
                "scope | [\"composition:read\"]",
                "scope | \"composition:read\\tjob:work\"",
                "scope | \"a\\\"b\"",
                "scope | \"a\\\\b\"",
                "scope | \"composition:zoë\"",
            })
    void a_token_is_invalid_with(String name, String json) {
        assertThat(judged(name, json)).isInstanceOf(InvalidToken.class);
    }

    @Test
    void a_name_of_a_client_that_is_too_long_is_refused() {
        assertThat(judged("client_id", "\"" + "x".repeat(Owner.MAX_LENGTH) + "\""))
                .isInstanceOf(Granted.class);
        assertThat(judged("client_id", "\"" + "x".repeat(Owner.MAX_LENGTH + 1) + "\""))
                .isInstanceOf(InvalidToken.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"composition:read job:work\" | composition:read,job:work",
                "[\"composition:read\",\"job:work\"] | composition:read,job:work",
                "\"composition:readx Composition:Read composition:read\" | composition:read",
                "[] | ''",
                "\"\" | ''",
                "absent | ''",
            })
    void scopes_may_stand_in_scp(String json, String scopes) {
        Map<String, String> claims = Jwts.claimsWith("scp", json);
        claims.remove("scope");
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, claims)))
                .isInstanceOfSatisfying(
                        Granted.class,
                        granted -> assertThat(new TreeSet<>(granted.access().scopes())
                                        .stream().map(Scope::text).collect(Collectors.joining(",")))
                                .isEqualTo(scopes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "[5]", "[\"a\",null]", "[\"a b\"]", "[\"\"]", "{\"a\":1}", "true"})
    void malformed_scopes_in_scp_are_refused(String json) {
        Map<String, String> claims = Jwts.claimsWith("scp", json);
        claims.remove("scope");
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, claims))).isInstanceOf(InvalidToken.class);
    }

    @Test
    void the_client_is_read_from_the_claim_of_the_setting() throws IOException {
        IdentitySettings none = IdentitySettings.none();
        verifier = verifier(new IdentitySettings(
                null, null, "", "", "azp", none.ownerClaim(), none.algorithms(), Set.of("JWT"), null));
        JWSHeader header = Jwts.header("{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa\"}");
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, header, Jwts.claimsWith("azp", "\"clinic-b\""))))
                .isInstanceOfSatisfying(
                        Granted.class,
                        granted -> assertThat(granted.access().client()).isEqualTo(new Owner("clinic-b")));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(InvalidToken.class);
    }

    private void setOwnerClaim(String ownerClaim) throws IOException {
        IdentitySettings none = IdentitySettings.none();
        verifier = verifier(new IdentitySettings(
                null, null, "", "", none.clientClaim(), ownerClaim, none.algorithms(), none.tokenTypes(), null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "a/b", "clinic-a", "39017b3b-85d9-4d37-a0ed-5e0e9e2d1a7a"})
    void jobs_belong_to_the_client_and_the_owner_that_the_token_names(String value) throws IOException {
        setOwnerClaim("user_id");
        Access access = new Access(
                new Owner("clinic-a"), new Owner("clinic-a/" + value), Set.of(Scope.COMPOSITION_READ, Scope.JOB_WORK));
        assertThat(judged("user_id", "\"" + value + "\"")).isEqualTo(new Granted(access));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"absent", "null", "7", "true", "[\"x\"]", "{\"x\":1}", "\"\"", "\"x y\"", "\"ї\"", "\"\\n\""})
    void a_client_without_the_owner_claim_is_barred(String json) throws IOException {
        setOwnerClaim("user_id");
        assertThat(judged("user_id", json)).isEqualTo(new Barred());
    }

    @Test
    void client_and_owner_together_have_the_length_limit_of_an_owner() throws IOException {
        setOwnerClaim("user_id");
        int room = Owner.MAX_LENGTH - "clinic-a/".length();
        assertThat(judged("user_id", "\"" + "x".repeat(room) + "\"")).isInstanceOf(Granted.class);
        assertThat(judged("user_id", "\"" + "x".repeat(room + 1) + "\"")).isEqualTo(new Barred());
    }

    @Test
    void a_client_with_an_ambiguous_name_is_barred() throws IOException {
        setOwnerClaim("iss");
        assertThat(judged("client_id", "\"clinic-b\"")).isInstanceOf(Granted.class);
        assertThat(judged("client_id", "\"clinic/b\"")).isEqualTo(new Barred());
    }

    @ParameterizedTest
    @ValueSource(strings = {"at+jwt", "AT+JWT", "application/at+jwt"})
    void an_access_token_says_that_it_is_one(String type) {
        JWSHeader header = Jwts.header("{\"alg\":\"RS256\",\"typ\":\"%s\",\"kid\":\"rsa\"}".formatted(type));
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, header, Jwts.claims())))
                .isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"JWT\"}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"id_token\"}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt2\"}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"],\"exp\":1}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\",\"crit\":[\"x\"],\"x\":1}",
                "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"at+jwt\",\"crit\":[\"b64\"],\"b64\":true}",
                "{\"alg\":\"RS256\",\"kid\":\"RSA\",\"typ\":\"at+jwt\"}",
                "{\"alg\":\"RS256\",\"kid\":\"../../key\",\"typ\":\"at+jwt\"}",
                "{\"alg\":\"RS256\",\"kid\":\"' or 1=1 --\",\"typ\":\"at+jwt\"}",
            })
    void a_header_that_says_more_or_less_is_refused(String header) {
        assertThat(Verdicts.of(verifier, Jwts.good())).isEqualTo(CLINIC_A);
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, Jwts.header(header), Jwts.claims())))
                .isInstanceOf(InvalidToken.class);
        assertThat(provider.keyFetches).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "None", "nOnE", "NONE", "HS256", "RS1", "EdDSA", "ES256K", "", "RS256 "})
    void an_algorithm_that_is_not_allowed_is_refused(String algorithm) {
        String header = "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}".formatted(algorithm);
        String signed = Jwts.good();
        String signature = signed.substring(signed.lastIndexOf('.') + 1);
        String forged = Jwts.raw(header, Jwts.claims(), new byte[0]);
        assertThat(Verdicts.of(verifier, forged)).isInstanceOf(InvalidToken.class);
        assertThat(Verdicts.of(verifier, forged + signature)).isInstanceOf(InvalidToken.class);
    }

    @Test
    void an_algorithm_that_was_taken_out_is_refused() throws IOException {
        IdentitySettings none = IdentitySettings.none();
        verifier = verifier(new IdentitySettings(
                null, null, "", "", "client_id", none.ownerClaim(), Set.of("ES256"), none.tokenTypes(), null));
        assertThat(Verdicts.of(verifier, Jwts.good())).isInstanceOf(InvalidToken.class);
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.EC, Jwts.claims()))).isEqualTo(CLINIC_A);
    }

    @Test
    void a_public_key_is_no_shared_secret() throws JOSEException {
        byte[] der = Jwts.RSA.toRSAPublicKey().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n";
        for (byte[] secret : List.of(
                der,
                pem.getBytes(StandardCharsets.US_ASCII),
                Jwts.RSA.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8),
                shared.toByteArray())) {
            for (String kid : List.of("rsa", "shared")) {
                JWSHeader header = Jwts.header(JWSAlgorithm.HS256, kid).build();
                assertThat(Verdicts.of(verifier, Jwts.sign(new MACSigner(secret), header, Jwts.claims())))
                        .isInstanceOf(InvalidToken.class);
            }
        }
    }

    @Test
    void a_signature_of_nothing_is_no_signature() {
        String header = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"ec\"}";
        byte[] order = Curve.P_256.toECParameterSpec().getOrder().toByteArray();
        byte[] orders = Arrays.copyOf(Arrays.copyOfRange(order, 1, 33), 64);
        System.arraycopy(order, 1, orders, 32, 32);
        for (byte[] signature : List.of(new byte[64], orders, new byte[0], new byte[63], new byte[1000])) {
            assertThat(Verdicts.of(verifier, Jwts.raw(header, Jwts.claims(), signature)))
                    .isInstanceOf(InvalidToken.class);
        }
    }

    @Test
    void a_weak_key_is_no_key() {
        assertThat(Verdicts.of(verifier, Jwts.sign(weak, Jwts.claims()))).isInstanceOf(InvalidToken.class);
    }

    @Test
    void a_key_for_another_use_is_no_key() throws IOException {
        RSAKey encrypting = new RSAKey.Builder(Jwts.RSA)
                .keyID("enc")
                .keyUse(KeyUse.ENCRYPTION)
                .build();
        RSAKey wrapping = new RSAKey.Builder(Jwts.RSA)
                .keyID("wrap")
                .keyOperations(Set.of(KeyOperation.WRAP_KEY))
                .build();
        publish(encrypting, wrapping, Jwts.EC);
        assertThat(Verdicts.of(verifier, Jwts.sign(encrypting, Jwts.claims()))).isInstanceOf(InvalidToken.class);
        assertThat(Verdicts.of(verifier, Jwts.sign(wrapping, Jwts.claims()))).isInstanceOf(InvalidToken.class);
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.EC, Jwts.claims()))).isEqualTo(CLINIC_A);
    }

    @ParameterizedTest
    @ValueSource(strings = {"forger", "rsa"})
    void a_token_with_its_own_key_is_refused_without_a_request(String kid) {
        JWSHeader header = Jwts.header(JWSAlgorithm.RS256, kid)
                .jwk(forger.toPublicJWK())
                .jwkURL(provider.url("/elsewhere"))
                .x509CertURL(provider.url("/elsewhere"))
                .build();
        assertThat(Verdicts.of(verifier, Jwts.sign(forger, header, Jwts.claims())))
                .isInstanceOf(InvalidToken.class);
        assertThat(Verdicts.of(verifier, Jwts.sign(Jwts.RSA, header, Jwts.claims())))
                .isInstanceOf(kid.equals("rsa") ? Granted.class : InvalidToken.class);
        assertThat(provider.elsewhere).hasValue(0);
        assertThat(provider.keyFetches).hasValue(1);
    }

    @Test
    void a_signature_of_another_token_is_no_signature() {
        String[] one = Jwts.good().split("\\.", -1);
        String[] other = Jwts.sign(Jwts.RSA, Jwts.claimsWith("client_id", "\"clinic-b\""))
                .split("\\.", -1);
        assertThat(Verdicts.of(verifier, one[0] + "." + other[1] + "." + one[2]))
                .isInstanceOf(InvalidToken.class);
    }

    /** Base64 has spare bits at its end, and lenient readers skip other characters: only one encoding is valid. */
    @Test
    void a_valid_token_in_another_encoding_is_refused() {
        String good = Jwts.good();
        char last = good.charAt(good.length() - 1);
        String idle = good.substring(0, good.length() - 1) + (char) (last + 1);
        for (String other : List.of(idle, good + "=", good + "~", good + "A", good + ".")) {
            assertThat(Verdicts.of(verifier, other)).as(other).isInstanceOf(InvalidToken.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "...",
                "a",
                "a.b.c",
                "e30.e30.e30",
                "e30.e30.",
                "eyJhbGciOiJSUzI1NiJ9.e30",
                "eyJhbGciOiJSUzI1NiJ9.e30.e30.e30.e30",
                "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c",
                "bnVsbA.bnVsbA.bnVsbA",
                "W10.W10.W10",
            })
    void what_is_no_jwt_is_refused(String token) {
        assertThat(Verdicts.of(verifier, token)).isInstanceOf(InvalidToken.class);
    }

    @Test
    void deeply_nested_json_is_refused() {
        String brackets = "{\"a\":" + "[".repeat(20_000);
        assertThat(Verdicts.of(verifier, Jwts.raw(brackets, Jwts.claims(), new byte[256])))
                .isInstanceOf(InvalidToken.class);
        assertThat(judged("deep", "[".repeat(20_000) + "]".repeat(20_000))).isInstanceOf(InvalidToken.class);
    }

    /** Spellings of an object that a lenient reader takes for the same. */
    private static Map<String, byte[]> misspelt(String json) {
        byte[] latin = json.replaceFirst("\\{", "{\"x\":\"ë\",").getBytes(StandardCharsets.ISO_8859_1);
        return Map.ofEntries(
                Map.entry("UTF-8 with a mark", ("\uFEFF" + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry("two marks", ("\uFEFF\uFEFF" + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry("UTF-16 with a mark", json.getBytes(StandardCharsets.UTF_16)),
                Map.entry("UTF-16, big end first", json.getBytes(StandardCharsets.UTF_16BE)),
                Map.entry("UTF-16, little end first", json.getBytes(StandardCharsets.UTF_16LE)),
                Map.entry("UTF-32", json.getBytes(Charset.forName("UTF-32BE"))),
                Map.entry("UTF-32 with a mark", json.getBytes(Charset.forName("UTF-32LE-BOM"))),
                Map.entry("Latin-1", latin),
                Map.entry("a guard", (")]}'\n" + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry("a comma before", ("," + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry("a NUL before", ("\0" + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry("a NUL after", (json + "\0").getBytes(StandardCharsets.UTF_8)),
                Map.entry("a mark after", (json + "\uFEFF").getBytes(StandardCharsets.UTF_8)),
                Map.entry("a second object", (json + "{}").getBytes(StandardCharsets.UTF_8)),
                Map.entry("a comment", ("/**/" + json).getBytes(StandardCharsets.UTF_8)),
                Map.entry(
                        "a member twice",
                        json.replaceFirst("\\{", "{\"alg\":\"RS256\",\"exp\":1,\"exp\":1,")
                                .getBytes(StandardCharsets.UTF_8)),
                Map.entry(
                        "a deep member twice",
                        json.replaceFirst("\\{", "{\"x\":[{\"y\":1,\"y\":2}],").getBytes(StandardCharsets.UTF_8)),
                Map.entry("a list", ("[" + json + "]").getBytes(StandardCharsets.UTF_8)));
    }

    private static String signed(byte[] header, byte[] payload) {
        try {
            String text = Base64URL.encode(header) + "." + Base64URL.encode(payload);
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(Jwts.RSA.toPrivateKey());
            signature.update(text.getBytes(StandardCharsets.US_ASCII));
            return text + "." + Base64URL.encode(signature.sign());
        } catch (GeneralSecurityException | JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_header_or_payload_that_readers_could_take_for_different_ones_is_refused() {
        String header = "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}";
        String payload = Jwts.json(Jwts.claims());
        byte[] good = header.getBytes(StandardCharsets.UTF_8);
        byte[] claims = payload.getBytes(StandardCharsets.UTF_8);
        assertThat(Verdicts.of(verifier, signed(good, claims))).isEqualTo(CLINIC_A);
        misspelt(payload)
                .forEach((how, bytes) -> assertThat(Verdicts.of(verifier, signed(good, bytes)))
                        .as("payload: " + how)
                        .isInstanceOf(InvalidToken.class));
        misspelt(header)
                .forEach((how, bytes) -> assertThat(Verdicts.of(verifier, signed(bytes, claims)))
                        .as("header: " + how)
                        .isInstanceOf(InvalidToken.class));
    }

    @Test
    void space_around_the_object_is_json() {
        byte[] header = "\n{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"} ".getBytes(StandardCharsets.UTF_8);
        byte[] payload = ("\t\r\n " + Jwts.json(Jwts.claims()) + " \n").getBytes(StandardCharsets.UTF_8);
        assertThat(Verdicts.of(verifier, signed(header, payload))).isEqualTo(CLINIC_A);
    }
}
