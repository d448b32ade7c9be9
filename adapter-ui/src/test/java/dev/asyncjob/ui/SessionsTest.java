package dev.asyncjob.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.domain.Owner;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private static final Owner OPS = new Owner("ops");
    private static final Owner OTHER = new Owner("other");
    private static final Duration IDLE = Duration.ofMinutes(30);

    private final SettableClock clock = new SettableClock();
    private final Sessions sessions =
            new Sessions(new PageSettings("/ui", 3, 2, IDLE, Duration.ofHours(12), false, ""), clock::nanoTime);

    private Sessions.Session begin(Owner client) {
        clock.advance(Duration.ofSeconds(1));
        return sessions.begin(client, new Login.Credentials("token", "key"));
    }

    private boolean lives(Sessions.Session session) {
        return sessions.find(session.id, false).isPresent();
    }

    @Test
    void a_session_ends_when_it_is_not_used() {
        Sessions.Session session = begin(OPS);
        clock.advance(IDLE.minusSeconds(1));
        assertThat(sessions.find(session.id, true)).isPresent();
        clock.advance(IDLE.minusSeconds(1));
        assertThat(sessions.find(session.id, false)).isPresent();
        clock.advance(Duration.ofSeconds(1));
        assertThat(sessions.find(session.id, true)).isEmpty();
    }

    @Test
    void a_session_ends_however_it_is_used() {
        Sessions.Session session = begin(OPS);
        for (int i = 0; i < 12 * 4 - 1; i++) {
            clock.advance(Duration.ofMinutes(15));
            assertThat(sessions.find(session.id, true)).isPresent();
        }
        clock.advance(Duration.ofMinutes(15));
        assertThat(sessions.find(session.id, true)).isEmpty();
    }

    @Test
    void one_more_session_of_a_client_ends_the_one_that_was_idle_for_longest() {
        Sessions.Session first = begin(OPS);
        Sessions.Session second = begin(OPS);
        clock.advance(Duration.ofSeconds(1));
        assertThat(sessions.find(first.id, true)).isPresent();
        Sessions.Session third = begin(OPS);
        assertThat(lives(first)).isTrue();
        assertThat(lives(second)).isFalse();
        assertThat(lives(third)).isTrue();
    }

    @Test
    void one_more_session_of_all_ends_the_one_that_was_idle_for_longest() {
        Sessions.Session first = begin(OPS);
        Sessions.Session second = begin(OTHER);
        Sessions.Session third = begin(OTHER);
        Sessions.Session fourth = begin(new Owner("third"));
        assertThat(lives(first)).isFalse();
        assertThat(lives(second) && lives(third) && lives(fourth)).isTrue();
    }

    @Test
    void sessions_that_have_ended_take_no_place() {
        begin(OPS);
        begin(OTHER);
        clock.advance(IDLE);
        Sessions.Session third = begin(OTHER);
        begin(OPS);
        begin(OPS);
        assertThat(lives(third)).isTrue();
    }

    @Test
    void a_session_that_was_ended_is_not_found() {
        Sessions.Session session = begin(OPS);
        sessions.end(session);
        assertThat(lives(session)).isFalse();
        assertThat(sessions.find(null, true)).isEmpty();
    }

    @Test
    void no_secret_comes_twice_and_none_is_short() {
        Set<String> secrets = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            assertThat(secrets.add(sessions.secret())).isTrue();
        }
        assertThat(secrets).allMatch(secret -> secret.matches("[A-Za-z0-9_-]{43}"));
    }

    @Test
    void settings_state_where_the_page_is_and_how_long_sessions_last() {
        assertThat(PageSettings.defaults())
                .isEqualTo(new PageSettings("/ui", 500, 20, IDLE, Duration.ofHours(12), false, ""));
        assertThat(PageSettings.defaults().withActions(true).actions()).isTrue();
        for (String path : new String[] {"", "/", "ui", "/ui/", "/u i", "/{x}"}) {
            assertThatThrownBy(() -> new PageSettings(path, 1, 1, IDLE, IDLE, false, ""))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new PageSettings("/ui", 0, 1, IDLE, IDLE, false, ""))
                .hasMessageContaining("1 or more");
        assertThatThrownBy(() -> new PageSettings("/ui", 1, 0, IDLE, IDLE, false, ""))
                .hasMessageContaining("1 or more");
        assertThatThrownBy(() -> new PageSettings("/ui", 1, 1, IDLE.plusSeconds(1), IDLE, false, ""))
                .hasMessageContaining("idle");
    }
}
