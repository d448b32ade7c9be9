package dev.asyncjob.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackTest {
    /** The test vector of Standard Webhooks. */
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static final Map<String, String> VECTOR = Map.of(
            "webhook-id",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp",
            "1614265330",
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    private static final String VECTOR_BODY = "{\"test\": 2432232314}";

    private static final String OTHER =
            "whsec_" + Base64.getEncoder().encodeToString("012345678901234567890123".getBytes(StandardCharsets.UTF_8));
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00.999Z");
    private static final String BODY = "{\"type\":\"job.ended\",\"timestamp\":\"2026-11-29T11:59:59.123Z\",\"data\":"
            + "{\"id\":\"01a20a7f-0000-7000-8000-000000000001\",\"status\":\"FAILED\",\"reference\":\"№ 17\"}}";

    /** Its body is no callback, which is found after the signature was. */
    @Test
    void the_test_vector_of_standard_webhooks_is_verified() {
        Instant then = Instant.ofEpochSecond(1_614_265_330);
        assertThatThrownBy(() -> verify(VECTOR, VECTOR_BODY, then, SECRET)).hasMessage("the body is no callback");
        assertThatThrownBy(() -> verify(VECTOR, VECTOR_BODY + " ", then, SECRET))
                .hasMessage("webhook-signature has no signature of these secrets");
    }

    @Test
    void a_callback_tells_which_job_has_ended() {
        assertThat(verify(signed(BODY, NOW, SECRET), BODY, NOW, SECRET))
                .isEqualTo(new Callback(
                        "delivery-1",
                        Callback.JOB_ENDED,
                        Instant.parse("2026-11-29T11:59:59.123Z"),
                        UUID.fromString("01a20a7f-0000-7000-8000-000000000001"),
                        JobState.Status.FAILED,
                        "№ 17"));
    }

    @Test
    void what_a_newer_server_adds_is_ignored_and_a_newer_type_is_passed_on() {
        String body = "{\"new\":[1],\"type\":\"job.moved\",\"timestamp\":\"soon\",\"data\":{\"status\":\"HELD\"}}";
        assertThat(verify(signed(body, NOW, SECRET), body, NOW, SECRET))
                .isEqualTo(new Callback("delivery-1", "job.moved", null, null, JobState.Status.OTHER, null));
        assertThat(verify(signed("{\"type\":\"x\"}", NOW, SECRET), "{\"type\":\"x\"}", NOW, SECRET)
                        .type())
                .isEqualTo("x");
    }

    @Test
    void one_of_several_secrets_and_one_of_several_signatures_suffice() {
        Map<String, String> headers = signed(BODY, NOW, OTHER);
        assertThat(verify(headers, BODY, NOW, SECRET, OTHER).jobId()).isNotNull();
        String ofOther = headers.get("webhook-signature");
        String ofSecret = signed(BODY, NOW, SECRET).get("webhook-signature");
        for (String signatures :
                List.of(ofOther + " " + ofSecret, ofSecret + " " + ofOther, "v1a,AAAA v2,= v1, x " + ofSecret + "  ")) {
            headers.put("webhook-signature", signatures);
            assertThat(verify(headers, BODY, NOW, SECRET).jobId()).isNotNull();
        }
    }

    @Test
    void a_time_of_five_minutes_before_or_after_is_the_limit() {
        for (long seconds : new long[] {-300, 0, 300}) {
            Instant sent = NOW.plusSeconds(seconds).minusMillis(999);
            assertThat(verify(signed(BODY, sent, SECRET), BODY, NOW.minusMillis(999), SECRET)
                            .jobId())
                    .isNotNull();
        }
        for (long seconds : new long[] {-301, 301, 1_000_000}) {
            Instant sent = NOW.plusSeconds(seconds).minusMillis(999);
            assertThatThrownBy(() -> verify(signed(BODY, sent, SECRET), BODY, NOW.minusMillis(999), SECRET))
                    .isInstanceOf(CallbackException.class)
                    .hasMessage("webhook-timestamp is not within five minutes of now");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"webhook-id", "webhook-timestamp", "webhook-signature"})
    void a_header_that_is_missing_or_changed_is_refused(String name) {
        Map<String, String> headers = signed(BODY, NOW, SECRET);
        String value = Objects.requireNonNull(headers.remove(name));
        assertThatThrownBy(() -> verify(headers, BODY, NOW, SECRET)).hasMessage("there is no " + name);
        headers.put(name, "");
        assertThatThrownBy(() -> verify(headers, BODY, NOW, SECRET)).hasMessage("there is no " + name);
        String last = value.endsWith("1") ? "2" : "1";
        headers.put(name, value.substring(0, value.length() - 1) + last);
        assertThatThrownBy(() -> verify(headers, BODY, NOW, SECRET))
                .isInstanceOf(CallbackException.class)
                .hasMessage("webhook-signature has no signature of these secrets");
    }

    @ParameterizedTest
    @ValueSource(strings = {"now", "-1", "1.5", "99999999999999999999", "१", " 1", "2026-11-29T12:00:00Z"})
    void a_time_that_is_no_number_of_seconds_is_refused(String time) {
        Map<String, String> headers = signed(BODY, NOW, SECRET);
        headers.put("webhook-timestamp", time);
        assertThatThrownBy(() -> verify(headers, BODY, NOW, SECRET)).hasMessage("webhook-timestamp is no time");
    }

    @Test
    void a_signature_of_another_secret_or_of_none_is_refused() {
        Map<String, String> headers = signed(BODY, NOW, OTHER);
        assertThatThrownBy(() -> verify(headers, BODY, NOW, SECRET))
                .hasMessage("webhook-signature has no signature of these secrets");
        assertThatThrownBy(() -> verify(headers, BODY, NOW))
                .hasMessage("webhook-signature has no signature of these secrets");
        headers.put("webhook-signature", "v1,");
        assertThatThrownBy(() -> verify(headers, BODY, NOW, OTHER)).isInstanceOf(CallbackException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "[]", "null", "{}", "{\"type\":1}", "{\"type\":\"job.ended\",\"data\":{\"id\":\"7\"}}"})
    void a_body_that_is_no_callback_is_refused(String body) {
        assertThatThrownBy(() -> verify(signed(body, NOW, SECRET), body, NOW, SECRET))
                .isInstanceOf(CallbackException.class)
                .hasMessage("the body is no callback");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", "whsec_A"})
    void a_malformed_secret_is_refused_without_a_word_of_it(String secret) {
        assertThatThrownBy(() -> verify(signed(BODY, NOW, SECRET), BODY, NOW, secret))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessage("a secret must be whsec_ and base64");
    }

    @Test
    void the_client_verifies_at_the_present_time() {
        Map<String, String> old = signed(BODY, NOW.minusSeconds(86_400_000), SECRET);
        assertThatThrownBy(() ->
                        JobClient.verifyCallback(List.of(SECRET), old::get, BODY.getBytes(StandardCharsets.UTF_8)))
                .hasMessage("webhook-timestamp is not within five minutes of now");
        Map<String, String> present = signed(BODY, Instant.now(), SECRET);
        assertThat(JobClient.verifyCallback(List.of(SECRET), present::get, BODY.getBytes(StandardCharsets.UTF_8))
                        .type())
                .isEqualTo(Callback.JOB_ENDED);
    }

    @Test
    void a_receiver_verifies_in_one_call() {
        String secret = SECRET;
        Map<String, String> headers = signed(BODY, Instant.now(), secret);
        byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
        Map<UUID, JobState.Status> ended = new HashMap<>();
        // README: verify a callback
        Callback callback = JobClient.verifyCallback(List.of(secret), headers::get, body);
        if (callback.type().equals(Callback.JOB_ENDED)) {
            ended.put(callback.jobId(), callback.status());
        }
        // end
        assertThat(ended).containsValue(JobState.Status.FAILED);
    }

    private static Callback verify(Map<String, String> headers, String body, Instant now, String... secrets) {
        return Callback.verified(List.of(secrets), headers::get, body.getBytes(StandardCharsets.UTF_8), now);
    }

    /** Signs as the standard says, by other means than those that are tested. */
    private static Map<String, String> signed(String body, Instant at, String secret) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256"));
            byte[] signature =
                    mac.doFinal(("delivery-1." + at.getEpochSecond() + "." + body).getBytes(StandardCharsets.UTF_8));
            Map<String, String> headers = new HashMap<>();
            headers.put("webhook-id", "delivery-1");
            headers.put("webhook-timestamp", Long.toString(at.getEpochSecond()));
            headers.put("webhook-signature", "v1," + Base64.getEncoder().encodeToString(signature));
            return headers;
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
