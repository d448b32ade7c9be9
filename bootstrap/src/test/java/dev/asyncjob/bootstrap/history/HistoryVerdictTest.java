package dev.asyncjob.bootstrap.history;

import static dev.asyncjob.bootstrap.history.Script.answer;
import static dev.asyncjob.bootstrap.history.Script.body;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.bootstrap.history.Event.Answer;
import dev.asyncjob.bootstrap.history.Event.Kind;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The verdict finds each promise broken in a history that lies about it, and nothing in one that does not.
 *
 * <p>{@code mvn test -pl bootstrap -Dtest=HistoryVerdictTest -Dhistory.file=FILE} judges a written history again.
 */
class HistoryVerdictTest {
    /** A lie about each promise, told in a clean history. */
    private static final Map<Promise, Consumer<Script>> LIES = Map.ofEntries(
            entry(
                    Promise.ONE_JOB_PER_KEY,
                    script -> script.schedule("x", "key-a").last("x", "DONE")),
            entry(
                    Promise.REPETITIONS_GET_THE_FIRST_ANSWER,
                    script -> script.add(
                            script.first(Kind.SCHEDULE).withAnswer(answer(202, body("a", "DONE"), "\"a\"")))),
            entry(
                    Promise.ACCEPTED_IS_KEPT,
                    script -> missing(script.schedule("d", "key-d").last("d", "DONE"), "d")),
            entry(Promise.NO_STATUS_GOES_BACK, script -> script.read("a", "PENDING", 1)),
            entry(Promise.ENDED_IS_KEPT, script -> missing(script, "b")),
            entry(Promise.RETENTION_ENDS, script -> script.later(70_000_000).read("a", "DONE", 1)),
            entry(
                    Promise.ONE_END_IN_BYTES,
                    script -> answered(script, body("a", "DONE").replace(":05", ":06"), "\"aDONE\"")),
            entry(Promise.ONE_END_IN_TAGS, script -> answered(script, body("a", "DONE"), "\"other\"")),
            entry(
                    Promise.ANSWERED_AT_THE_END,
                    script -> script.change(event -> event.has(Event.LAST), event -> event.withAnswer(null))),
            entry(
                    Promise.EVERY_JOB_ENDS,
                    script -> script.schedule("d", "key-d").last("d", "PENDING")),
            entry(Promise.READ_AT_THE_END, script -> script.schedule("d", "key-d")),
            entry(
                    Promise.A_TOKEN_IS_GIVEN_ONCE,
                    script -> script.schedule("d", "key-d")
                            .claim("c8", 1, "d", 1)
                            .claim("c9", 1, "d", 1)
                            .last("d", "DONE")),
            entry(
                    Promise.TOKENS_GROW,
                    script -> script.schedule("d", "key-d")
                            .claim("c8", 1, "d", 1)
                            .claim("c9", 1, "d", 3, -2_000_000)
                            .last("d", "DONE")),
            entry(
                    Promise.TOKENS_FOLLOW_REAL_TIME,
                    script -> script.schedule("d", "key-d")
                            .claim("c8", 1, "d", 3, 2_000_000)
                            .later(1)
                            .claim("c9", 1, "d", 1, -200_000)
                            .last("d", "DONE")),
            entry(
                    Promise.LEASES_DO_NOT_OVERLAP,
                    script -> script.schedule("d", "key-d")
                            .claim("c8", 2, "d", 1)
                            .claim("c9", 2, "d", 2)
                            .last("d", "DONE")),
            entry(
                    Promise.CLAIMED_WHEN_DUE,
                    script -> script.change(
                            event -> event.kind() == Kind.SCHEDULE,
                            event -> event.withDetail(Event.DUE, Long.toString(Script.START + 3_000_000)))),
            entry(
                    Promise.REPEATED_CLAIMS_GET_THE_SAME,
                    script -> script.schedule("d", "key-d")
                            .claim("c8", 9, "d", 1)
                            .add(Kind.CLAIM, null, 0, answer(200, "{\"data\":[]}", null), Map.of(Event.CLAIM_ID, "c8"))
                            .last("d", "DONE")),
            entry(
                    Promise.REPEATED_CLAIMS_GET_NO_MORE,
                    script -> script.schedule("d", "key-d")
                            .schedule("e", "key-e")
                            .claim("c8", 9, "d", 1)
                            .claim("c8", 9, "e", 1)
                            .last("d", "DONE")
                            .last("e", "DONE")),
            entry(Promise.ONE_OUTCOME_PER_TOKEN, script -> script.settle("a", 1, "other", "false", "DONE")),
            entry(Promise.OLD_TOKENS_SETTLE_NOTHING, script -> script.settle("b", 1, "done", "false", "DONE")),
            entry(Promise.ONE_TOKEN_ENDS, script -> script.settle("b", 4, "done", "false", "DONE")),
            entry(Promise.ENDED_IS_NOT_CLAIMED, script -> script.claim("c9", 1, "a", 2)),
            entry(Promise.NO_SERVER_ERROR, script -> script.add(Kind.LIST, null, 0, answer(500, "{}", null), Map.of())),
            entry(
                    Promise.UNAVAILABLE_SAYS_WHEN,
                    script -> script.add(Kind.LIST, null, 0, new Answer(503, "{}", null, false), Map.of())),
            entry(Promise.NO_ODD_STATUS, script -> script.add(Kind.LIST, null, 0, answer(422, "{}", null), Map.of())),
            entry(
                    Promise.ANSWERS_IN_TIME,
                    script -> script.change(
                            event -> event.kind() == Kind.WAIT,
                            event -> event.withTimes(event.began(), event.began() + 7_100_000))),
            entry(Promise.STREAMS_STOP_AT_THE_END, script -> script.told("s1", "a", "DONE")),
            entry(Promise.STREAMS_TELL_THE_END, script -> script.later(20_000_000).stream("s2", "a", "open")),
            entry(Promise.RECORDED_WELL, script -> script.add(Kind.BROKEN, null, 0, null, Map.of())));

    private static void missing(Script script, String job) {
        script.add(Kind.READ, job, 0, answer(404, "{}", null), Map.of());
    }

    private static void answered(Script script, String body, String tag) {
        script.add(Kind.READ, "a", 0, answer(200, body, tag), Map.of());
    }

    @Test
    void a_history_without_lies_is_valid() {
        assertThat(Verdict.of(Script.clean().history()).violations()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void a_lie_about_a_promise_is_found(Promise promise) {
        Script script = Script.clean();
        Objects.requireNonNull(LIES.get(promise)).accept(script);

        assertThat(Verdict.of(script.history()).broken()).containsKey(promise);
    }

    @ParameterizedTest
    @EnumSource(
            value = Promise.class,
            // what is told about these breaks another promise, too
            names = {
                "ACCEPTED_IS_KEPT",
                "ENDED_IS_KEPT",
                "ANSWERED_AT_THE_END",
                "TOKENS_FOLLOW_REAL_TIME",
                "OLD_TOKENS_SETTLE_NOTHING",
                "REPEATED_CLAIMS_GET_NO_MORE",
                "ENDED_IS_NOT_CLAIMED",
                "ONE_JOB_PER_KEY",
                "TOKENS_GROW"
            },
            mode = EnumSource.Mode.EXCLUDE)
    void a_lie_about_one_promise_breaks_no_other(Promise promise) {
        Script script = Script.clean();
        Objects.requireNonNull(LIES.get(promise)).accept(script);

        assertThat(Verdict.of(script.history()).broken()).containsOnlyKeys(promise);
    }

    @Test
    void an_operation_without_an_answer_may_have_happened_or_not() {
        Script script = Script.clean();
        script.schedule("d", "key-d").claim("c8", 2, "d", 1);
        script.add(Kind.SETTLE, "d", 1, null, Map.of(Event.OUTCOME, "again", Event.RETRY, "true"));
        script.claim("c9", 2, "d", 2).settle("d", 2, "done", "false", "DONE").last("d", "DONE");

        assertThat(Verdict.of(script.history()).violations()).isEmpty();
    }

    @Test
    void a_late_answer_of_a_node_that_was_away_is_no_fault_of_it() {
        Script script = Script.clean();
        Event late = script.first(Kind.WAIT);
        script.change(event -> event.equals(late), event -> event.withTimes(event.began(), event.began() + 9_000_000));
        script.add(new Event(
                Kind.FAULT,
                late.node(),
                "frozen",
                null,
                0,
                late.began(),
                late.ended(),
                null,
                Map.of(Event.AWAY, "true")));

        assertThat(Verdict.of(script.history()).violations()).isEmpty();
    }

    @Test
    void a_written_history_is_read_and_judged_again(@TempDir Path folder) {
        String named = System.getProperty("history.file");
        Path file = named == null ? Script.clean().history().write(folder.resolve("history.jsonl")) : Path.of(named);
        Verdict verdict = Verdict.of(History.read(file));
        System.out.println(verdict);

        assertThat(verdict.violations()).isEmpty();
    }

    @Test
    void a_history_is_written_and_read_without_loss(@TempDir Path folder) {
        History history = Script.clean().history();

        History again = History.read(history.write(folder.resolve("history.jsonl")));

        assertThat(again.head()).isEqualTo(history.head());
        assertThat(again.events()).isEqualTo(history.events());
    }
}
