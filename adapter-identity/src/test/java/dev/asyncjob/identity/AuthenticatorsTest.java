package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.Granted;
import dev.asyncjob.application.access.Authenticator.InvalidApiKey;
import dev.asyncjob.application.access.Authenticator.InvalidToken;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AuthenticatorsTest {
    @Test
    void a_pair_is_accepted_only_whole_and_an_invalid_token_takes_precedence() {
        Access access = new Access(new Owner("sandbox"), Set.of(Scope.JOB_WORK));
        Authenticator authenticator = Authenticators.ofPair(access, "token", "key");
        assertThat(authenticator.authenticate("token", "key")).isEqualTo(new Granted(access));
        assertThat(authenticator.authenticate("token", "")).isInstanceOf(InvalidApiKey.class);
        assertThat(authenticator.authenticate("other", "key")).isInstanceOf(InvalidToken.class);
        assertThat(authenticator.authenticate("key", "token")).isInstanceOf(InvalidToken.class);
    }
}
