package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RepetitionTest {
    private static final Owner OTHER = new Owner("clinic-8");

    @Test
    void a_key_is_that_of_a_client_and_its_request() {
        IdempotencyKey key = IdempotencyKey.of(OWNER, "k", "request");

        assertThat(IdempotencyKey.of(OWNER, "k", "request")).isEqualTo(key);
        assertThat(IdempotencyKey.of(OWNER, "l", "request").value()).isNotEqualTo(key.value());
        assertThat(IdempotencyKey.of(OTHER, "k", "request").value()).isNotEqualTo(key.value());
        assertThat(IdempotencyKey.of(OWNER, "k", "other").value()).isEqualTo(key.value());
        assertThat(IdempotencyKey.of(OWNER, "k", "other").request()).isNotEqualTo(key.request());
    }

    @Test
    void a_key_does_not_contain_the_clients_text() {
        assertThat(IdempotencyKey.of(OWNER, "patient-7", "request").toString()).doesNotContain("patient", "request-");
        assertThat(ClaimId.of(OWNER, "patient-7").toString()).doesNotContain("patient");
    }

    @Test
    void a_key_is_1_to_255_visible_characters() {
        assertThat(IdempotencyKey.of(OWNER, "~".repeat(255), "").value()).hasSize(64);
        assertThat(Stream.of("", "k".repeat(256), "a b", "a\tb", "é", "\u007f"))
                .allSatisfy(key -> assertRefused(() -> IdempotencyKey.of(OWNER, key, "")));
    }

    @Test
    void a_claims_id_is_that_of_a_client_and_1_to_128_visible_characters() {
        assertThat(ClaimId.of(OWNER, "c")).isEqualTo(ClaimId.of(OWNER, "c")).isNotEqualTo(ClaimId.of(OTHER, "c"));
        assertThat(ClaimId.of(OWNER, "!".repeat(128)).value()).hasSize(64);
        assertThat(Stream.of("", "c".repeat(129), "a b"))
                .allSatisfy(name -> assertRefused(() -> ClaimId.of(OWNER, name)));
    }

    @Test
    void digests_are_64_hexadecimal_digits() {
        String digest = "0a".repeat(32);

        assertThat(new ClaimId(digest).value()).isEqualTo(digest);
        assertThat(new IdempotencyKey(digest, digest).request()).isEqualTo(digest);
        assertRefused(() -> new ClaimId("0A".repeat(32)));
        assertRefused(() -> new IdempotencyKey("0a", digest));
        assertRefused(() -> new IdempotencyKey(digest, "0a"));
    }

    @Test
    void a_claim_may_have_an_id() {
        Claim claim = new Claim(new WorkerId("w"), Set.of(KIND), 1, Duration.ofSeconds(30));
        ClaimId id = ClaimId.of(OWNER, "c");

        assertThat(claim.id()).isNull();
        assertThat(claim.withId(id)).isEqualTo(new Claim(claim.worker(), claim.kinds(), 1, claim.lease(), id));
    }
}
