package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.PENDING;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.RETENTION;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StatementsTest {
    private static final Statement ONE = new Statement(1.0, null);
    private static final Statement TWO = new Statement(2.0, "two");
    private static final Statement THREE = new Statement(3.0, "three");

    private static Instant at(int millis) {
        return NOW.plusMillis(millis);
    }

    @Test
    void the_first_statement_is_seen_at_once() {
        Statements statements = Statements.NONE.then(ONE, NOW);

        assertThat(Statements.NONE.at(NOW)).isEqualTo(Statement.NONE);
        assertThat(Statements.NONE.changesAt(NOW)).isNull();
        assertThat(statements.at(NOW)).isEqualTo(ONE);
        assertThat(statements.changesAt(NOW)).isNull();
    }

    @Test
    void the_last_statement_within_a_second_is_seen_when_the_second_is_over() {
        Statements statements =
                Statements.NONE.then(ONE, NOW).then(TWO, at(100)).then(THREE, at(999));

        assertThat(statements.at(at(999))).isEqualTo(ONE);
        assertThat(statements.changesAt(at(999))).isEqualTo(at(1000));
        assertThat(statements.at(at(1000))).isEqualTo(THREE);
        assertThat(statements.changesAt(at(1000))).isNull();
    }

    @Test
    void a_statement_after_a_second_is_seen_at_once() {
        Statements statements = Statements.NONE.then(ONE, NOW).then(TWO, at(1500));

        assertThat(statements.at(at(1500))).isEqualTo(TWO);
        assertThat(statements.then(THREE, at(2000)).at(at(2499))).isEqualTo(TWO);
        assertThat(statements.then(THREE, at(2000)).at(at(2500))).isEqualTo(THREE);
    }

    @Test
    void a_statement_that_was_not_seen_yet_is_seen_before_one_that_comes_when_it_is_due() {
        Statements statements =
                Statements.NONE.then(ONE, NOW).then(TWO, at(100)).then(THREE, at(1000));

        assertThat(statements.at(at(1000))).isEqualTo(TWO);
        assertThat(statements.changesAt(at(1000))).isEqualTo(at(2000));
        assertThat(statements.at(at(2000))).isEqualTo(THREE);
    }

    @Test
    void a_part_of_which_nothing_is_said_stays() {
        assertThat(TWO.then(ONE)).isEqualTo(new Statement(1.0, "two"));
        assertThat(ONE.then(new Statement(null, "one"))).isEqualTo(new Statement(1.0, "one"));
        Statements statements = Statements.NONE.then(ONE, NOW);
        assertThat(statements.then(Statement.NONE, at(5000))).isSameAs(statements);
        assertThat(statements.then(new Statement(null, "one"), at(5000)).at(at(5000)))
                .isEqualTo(new Statement(1.0, "one"));
    }

    @Test
    void a_clock_that_was_set_back_delays_a_statement_by_a_second_only() {
        Statements statements = Statements.NONE.then(ONE, NOW.plusSeconds(3600)).then(TWO, NOW);

        assertThat(statements.changesAt(NOW)).isEqualTo(at(1000));
        assertThat(statements.at(at(1000))).isEqualTo(TWO);
    }

    @Test
    void a_clock_that_was_set_back_hides_no_statement_that_was_seen() {
        Statements statements = Statements.NONE.then(ONE, NOW.plusSeconds(3600));

        assertThat(statements.at(NOW)).isEqualTo(ONE);
        assertThat(statements.changesAt(NOW)).isNull();
    }

    @Test
    void readers_see_at_most_one_change_a_second_and_always_the_last() {
        Property.holds(random -> {
            Statements statements = Statements.NONE;
            Map<Statement, Instant> seen = new LinkedHashMap<>();
            Instant now = NOW;
            for (int i = 1; i <= 60; i++) {
                Instant change = statements.changesAt(now);
                now = now.plusMillis(random.nextInt(random.nextInt(5) == 0 ? 3000 : 50));
                if (change != null && !change.isAfter(now)) {
                    seen.putIfAbsent(statements.at(change), change);
                }
                statements = statements.then(new Statement((double) i, null), now);
                seen.putIfAbsent(statements.at(now), now);
            }
            seen.putIfAbsent(statements.at(now.plus(Statements.PACE)), now.plus(Statements.PACE));

            assertThat(statements.at(now.plus(Statements.PACE)).progress()).isEqualTo(60.0);
            Instant last = seen.values().stream()
                    .reduce((one, next) -> {
                        assertThat(Duration.between(one, next)).isGreaterThanOrEqualTo(Statements.PACE);
                        return next;
                    })
                    .orElseThrow();
            assertThat(last).isBetween(now, now.plus(Statements.PACE));
        });
    }

    @Test
    void a_statement_is_in_its_bounds() {
        assertThat(new Statement(0.0, "m".repeat(Statement.MAX_MESSAGE)).message())
                .hasSize(200);
        assertThat(Stream.of("", "m".repeat(201), "a\0b", "\uD83C"))
                .allSatisfy(message -> assertRefused(() -> new Statement(null, message)));
        assertThat(Stream.of(-1.0, 100.5)).allSatisfy(percent -> assertRefused(() -> new Statement(percent, null)));
    }

    @Test
    void texts_of_workers_are_not_shown_in_logs() {
        assertThat(TWO.toString()).isEqualTo("Statement[progress=2.0, message of 3 characters]");
        assertThat(ONE.toString()).isEqualTo("Statement[progress=1.0, message of 0 characters]");
        assertThat(new JobResult("{\"a\":1}").toString()).isEqualTo("JobResult[7 characters]");
        assertThat(new JobResult("[1,\r\n2]").json()).isEqualTo("[1,  2]");
    }

    @Test
    void a_result_is_a_text_of_bounded_length() {
        assertThat(new JobResult("\"é\"").bytes()).isEqualTo(4);
        assertThat(new JobResult("1".repeat(JobResult.MAX_LENGTH)).json()).hasSize(JobResult.MAX_LENGTH);
        assertThat(Stream.of("", "1".repeat(JobResult.MAX_LENGTH + 1), "\"\0\""))
                .allSatisfy(json -> assertRefused(() -> new JobResult(json)));
    }

    @Test
    void details_are_those_that_can_be_seen_at_the_moment() {
        Statements statements = Statements.NONE.then(ONE, NOW).then(TWO, at(100));
        AsyncJob done = PENDING.complete(RESULT, at(200), RETENTION);
        JobResult result = new JobResult("1");
        Reference reference = new Reference("order 7");

        assertThat(JobDetails.of(PENDING, statements, null, null, at(200)))
                .isEqualTo(new JobDetails(ONE, null, null, at(1000)));
        assertThat(JobDetails.of(PENDING, statements, null, reference, at(1000)))
                .isEqualTo(new JobDetails(TWO, null, reference, null));
        assertThat(JobDetails.of(done, statements, result, null, at(200)))
                .isEqualTo(new JobDetails(TWO, result, null, null));
    }

    @Test
    void a_job_of_which_nothing_is_known_has_the_shared_details() {
        assertThat(JobDetails.of(PENDING, Statements.NONE, null, null, NOW)).isSameAs(JobDetails.NONE);
        assertThat(JobDetails.of(PENDING, Statements.NONE, null, new Reference("r"), NOW))
                .isNotEqualTo(JobDetails.NONE);
        assertThat(JobDetails.of(PENDING, Statements.NONE, new JobResult("1"), null, NOW))
                .isNotEqualTo(JobDetails.NONE);
        assertThat(new JobSnapshot(PENDING, NOW).details()).isSameAs(JobDetails.NONE);
    }
}
