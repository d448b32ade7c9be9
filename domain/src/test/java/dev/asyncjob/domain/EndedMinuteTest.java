package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class EndedMinuteTest {
    private static final JobKind KIND = new JobKind("mail.send");
    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    @Test
    void any_instant_stands_for_its_minute() {
        assertThat(new EndedMinute(KIND, NOON.plusMillis(59_999), 1, 0, 1, 1))
                .isEqualTo(new EndedMinute(KIND, NOON, 1, 0, 1, 1));
    }

    @Test
    void minutes_add_up_under_the_first() {
        EndedMinute other = new EndedMinute(new JobKind("other"), NOON.plusSeconds(60), 400, 30, 200, 10);
        assertThat(new EndedMinute(KIND, NOON, 8, 3, 6, 5).plus(other))
                .isEqualTo(new EndedMinute(KIND, NOON, 408, 33, 206, 15));
    }
}
