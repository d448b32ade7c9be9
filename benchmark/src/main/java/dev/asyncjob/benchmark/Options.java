package dev.asyncjob.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be measured, and how thoroughly.
 *
 * @param names figures or groups; empty for all
 * @param warmUp of each side, before the first round
 * @param round how long a side is measured in a round
 * @param history finished jobs beside which claiming, settling and reading are measured
 * @param churn jobs that go through before dead rows are counted
 * @param pickUps samples of the time from scheduling to handling
 * @param jar the server
 * @param otherJdk a second JDK to run the server with, or null
 */
record Options(
        List<String> names,
        Duration warmUp,
        int rounds,
        Duration round,
        int history,
        int churn,
        int pickUps,
        Path jar,
        @Nullable Path otherJdk) {

    static final String USAGE = """
            benchmark/run [--no-build] [quick|full|NAME...] [OPTION VALUE]...
              quick            nearly everything, less than ten minutes (the default)
              full             the same thoroughly, half an hour or so
              NAME             groups (reads, work, nodes, start, flat, micros), or single figures:
                               read-terminal read-304 read-pending-postgres read-vs-textbook textbook-vs-bare
                               read-pending-h2 read-vs-textbook-h2 read-terminal-no-log read-pending-no-log
                               run-vs-db-scheduler run-vs-jobrunr run-vs-sql-limit run-vs-db-scheduler-h2
                               run-vs-jobrunr-h2 schedule-vs-db-scheduler schedule-vs-jobrunr
                               schedule-batch-vs-db-scheduler pick-up read-nodes run-nodes start-vs-spring
                               flat-finished flat-pending churn
              --rounds N       rounds of each side
              --seconds N      length of a round
              --warmup N       seconds for each side before its first round
              --history N      finished jobs beside which the flat figures are measured
              --churn N        jobs that go through before dead rows are counted
              --pick-ups N     samples of the pick-up time
              --jar FILE       the server to measure, unless bootstrap/target/asyncjob.jar
              --other-jdk DIR  measure reads with this JDK (21 or later), too, also with virtual threads
            """;

    private static final Set<String> ONLY_IN_FULL = Set.of("run-vs-jobrunr-h2");

    private static final Set<String> ONLY_BY_NAME = Set.of(
            "read-terminal-no-log", "read-pending-no-log", "read-vs-textbook-h2", "schedule-vs-jobrunr", "micros");

    private static final Options QUICK = new Options(
            List.of(),
            Duration.ofSeconds(4),
            3,
            Duration.ofSeconds(2),
            1_000_000,
            20_000,
            40,
            Path.of("bootstrap", "target", "asyncjob.jar"),
            null);

    static Options parse(String... arguments) {
        Deque<String> words = new ArrayDeque<>(List.of(arguments));
        Options options = QUICK;
        while (!words.isEmpty()) {
            String word = words.pop();
            if (word.equals("--help")) {
                throw new IllegalArgumentException("measures and prints one line for each figure");
            }
            options = word.startsWith("--")
                    ? options.with(word, words.pop())
                    : switch (word) {
                        case "quick" -> options;
                        case "full" -> options.thorough();
                        default -> options.alsoNamed(word);
                    };
        }
        if (!Files.exists(options.jar)) {
            throw new IllegalArgumentException("no such file: " + options.jar);
        }
        return options;
    }

    private Options thorough() {
        return new Options(
                names, Duration.ofSeconds(40), 4, Duration.ofSeconds(4), 10_000_000, 1_000_000, 100, jar, otherJdk);
    }

    private Options alsoNamed(String name) {
        List<String> all = new ArrayList<>(names);
        all.add(name);
        return new Options(all, warmUp, rounds, round, history, churn, pickUps, jar, otherJdk);
    }

    private Options with(String option, String value) {
        return switch (option) {
            case "--rounds" ->
                new Options(names, warmUp, Integer.parseInt(value), round, history, churn, pickUps, jar, otherJdk);
            case "--seconds" ->
                new Options(names, warmUp, rounds, seconds(value), history, churn, pickUps, jar, otherJdk);
            case "--warmup" ->
                new Options(names, seconds(value), rounds, round, history, churn, pickUps, jar, otherJdk);
            case "--history" ->
                new Options(names, warmUp, rounds, round, Integer.parseInt(value), churn, pickUps, jar, otherJdk);
            case "--churn" ->
                new Options(names, warmUp, rounds, round, history, Integer.parseInt(value), pickUps, jar, otherJdk);
            case "--pick-ups" ->
                new Options(names, warmUp, rounds, round, history, churn, Integer.parseInt(value), jar, otherJdk);
            case "--jar" ->
                new Options(names, warmUp, rounds, round, history, churn, pickUps, Path.of(value), otherJdk);
            case "--other-jdk" ->
                new Options(names, warmUp, rounds, round, history, churn, pickUps, jar, Path.of(value));
            default -> throw new IllegalArgumentException("unknown option " + option);
        };
    }

    /** For what need not be warm. */
    Options withoutWarmUp() {
        return new Options(names, Duration.ZERO, rounds, round, history, churn, pickUps, jar, otherJdk);
    }

    /** For sides that run the same code in the same process, and so warm each other up. */
    Options sharingWarmUp() {
        return new Options(names, warmUp.dividedBy(4), rounds, round, history, churn, pickUps, jar, otherJdk);
    }

    private boolean isThorough() {
        return history > QUICK.history;
    }

    private static Duration seconds(String value) {
        return Duration.ofSeconds(Long.parseLong(value));
    }

    /** Whether a figure of this group is to be measured. */
    boolean wants(String group, String figure) {
        return names.contains(group)
                || names.contains(figure)
                || (names.isEmpty()
                        && !ONLY_BY_NAME.contains(figure)
                        && (isThorough() || !ONLY_IN_FULL.contains(figure)));
    }
}
