package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.FAILURE;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EndedAttemptTest {
    private static final WorkerId WORKER = new WorkerId("w");

    private static EndedAttempt ended(int number) {
        return new EndedAttempt(number, WORKER, NOW, NOW, EndedAttempt.End.RELEASED, null);
    }

    private static String errorOf(String error) {
        return Objects.requireNonNull(new EndedAttempt(1, WORKER, null, NOW, EndedAttempt.End.FAILED, error).error());
    }

    @Test
    void an_attempt_ends_as_its_worker_reports() {
        assertThat(EndedAttempt.with(Outcome.completed(RESULT), 1, WORKER, NOW, NOW))
                .isEqualTo(new EndedAttempt(1, WORKER, NOW, NOW, EndedAttempt.End.DONE, null));
        assertThat(EndedAttempt.with(Outcome.retry(FAILURE), 2, WORKER, null, NOW))
                .isEqualTo(new EndedAttempt(2, WORKER, null, NOW, EndedAttempt.End.FAILED, FAILURE.message()));
    }

    @Test
    void a_detail_stands_for_the_failure_and_changes_neither_job_nor_fingerprint() {
        Outcome.Failed detailed = new Outcome.Failed(FAILURE, true, "java.io.IOException: no route");

        assertThat(detailed.errorForOperators()).isEqualTo("java.io.IOException: no route");
        assertThat(detailed.fingerprint()).isEqualTo(Outcome.retry(FAILURE).fingerprint());
        assertThat(Outcome.Failed.checkedDetail("x".repeat(Outcome.Failed.MAX_DETAIL)))
                .hasSize(Outcome.Failed.MAX_DETAIL);
        assertRefused(() -> Outcome.Failed.checkedDetail(""));
        assertRefused(() -> Outcome.Failed.checkedDetail("x".repeat(Outcome.Failed.MAX_DETAIL + 1)));
    }

    @Test
    void an_error_is_cut_and_stays_on_one_line_of_whole_characters() {
        assertThat(errorOf("a\nb\u0000c\u2028")).isEqualTo("a b c\u2028");
        assertThat(errorOf("x".repeat(199) + "\uD83D\uDE00")).isEqualTo("x".repeat(199));
        assertThat(errorOf("x".repeat(198) + "\uD83D\uDE00y")).isEqualTo("x".repeat(198) + "\uD83D\uDE00");
        assertThat(errorOf("\uD83D!")).isEqualTo(" !");
    }

    @Test
    void the_newest_twenty_are_kept() {
        List<EndedAttempt> history = new ArrayList<>();
        for (int i = 1; i <= EndedAttempt.MAX_KEPT + 2; i++) {
            history = new ArrayList<>(ended(i).before(history));
        }

        assertThat(history)
                .hasSize(EndedAttempt.MAX_KEPT)
                .extracting(EndedAttempt::number)
                .startsWith(22, 21, 20)
                .endsWith(3);
    }
}
