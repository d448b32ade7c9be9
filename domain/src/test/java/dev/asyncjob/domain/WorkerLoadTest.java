package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WorkerLoadTest {
    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

    private static WorkerLoad since(@Nullable Instant since) {
        return new WorkerLoad(new WorkerId("worker-1"), new JobKind("mail.send"), 3, since, NOON.plusSeconds(60));
    }

    @Test
    void the_oldest_attempt_is_first_but_for_one_that_is_not_known() {
        WorkerLoad old = since(NOON.minusSeconds(1));
        WorkerLoad young = since(NOON);
        WorkerLoad unknown = since(null);
        assertThat(Stream.of(young, unknown, old).sorted(WorkerLoad.OLDEST_FIRST))
                .containsExactly(unknown, old, young);
    }
}
