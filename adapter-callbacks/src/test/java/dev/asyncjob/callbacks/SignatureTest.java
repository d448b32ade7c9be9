package dev.asyncjob.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureTest {
    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);
    private static final String EXPECTED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    @Test
    void the_test_vector_of_standard_webhooks_is_met() {
        assertThat(Signature.of(ID, 1_614_265_330, BODY, List.of(SECRET))).isEqualTo(EXPECTED);
    }

    @Test
    void two_valid_secrets_sign_both_the_newest_first() {
        String other = Signature.of(ID, 1_614_265_330, BODY, List.of(TestEndpoint.SECRET));
        assertThat(Signature.of(ID, 1_614_265_330, BODY, List.of(TestEndpoint.SECRET, SECRET)))
                .isEqualTo(other + " " + EXPECTED);
        assertThat(other).startsWith("v1,").isNotEqualTo(EXPECTED);
    }
}
