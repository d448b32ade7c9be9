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
 * The command-line options: the figures to measure, and the length of the measurements.
 *
 * @param names figures or groups; empty for the default selection
 * @param warmUp the warm-up of each side before its first round
 * @param round the length of the measurement of one side in a round
 * @param history the number of finished jobs in the database of the flat figures
 * @param churn the number of jobs that run before dead rows are counted
 * @param pickUps the number of samples of the pick-up time
 * @param jar the jar of the server
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
              quick            most figures, in less than ten minutes (the default)
              full             longer measurements, in about half an hour
              NAME             a group (reads, work, nodes, start, flat, micros), or a single figure:
                               read-terminal read-304 read-pending-postgres read-vs-textbook textbook-vs-bare
                               read-pending-h2 read-vs-textbook-h2 read-terminal-no-log read-pending-no-log
                               run-vs-db-scheduler run-vs-jobrunr run-vs-sql-limit run-vs-db-scheduler-h2
                               run-vs-jobrunr-h2 schedule-vs-db-scheduler schedule-vs-jobrunr
                               schedule-batch-vs-db-scheduler pick-up read-nodes run-nodes start-vs-spring
                               flat-finished flat-pending churn
              --rounds N       the number of rounds
              --seconds N      the length of a round for each side
              --warmup N       the seconds of warm-up of each side
              --history N      the number of finished jobs for the flat figures
              --churn N        the number of jobs that run before dead rows are counted
              --pick-ups N     the number of samples of the pick-up time
              --jar FILE       the jar of the server (default bootstrap/target/asyncjob.jar)
              --other-jdk DIR  measures reads also with this JDK (21 or later), with and without virtual threads
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
                        case "full" -> options.full();
                        default -> options.withName(word);
                    };
        }
        if (!Files.exists(options.jar)) {
            throw new IllegalArgumentException("no such file: " + options.jar);
        }
        return options;
    }

    private Options full() {
        return new Options(
                names, Duration.ofSeconds(40), 4, Duration.ofSeconds(4), 10_000_000, 1_000_000, 100, jar, otherJdk);
    }

    private Options withName(String name) {
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

    /** Returns these options without a warm-up. */
    Options withoutWarmUp() {
        return new Options(names, Duration.ZERO, rounds, round, history, churn, pickUps, jar, otherJdk);
    }

    /** Returns a shorter warm-up, for sides that run the same code in one process and warm each other up. */
    Options sharingWarmUp() {
        return new Options(names, warmUp.dividedBy(4), rounds, round, history, churn, pickUps, jar, otherJdk);
    }

    private boolean isFull() {
        return history > QUICK.history;
    }

    private static Duration seconds(String value) {
        return Duration.ofSeconds(Long.parseLong(value));
    }

    /** Returns whether a figure of this group is selected. */
    boolean wants(String group, String figure) {
        return names.contains(group)
                || names.contains(figure)
                || (names.isEmpty() && !ONLY_BY_NAME.contains(figure) && (isFull() || !ONLY_IN_FULL.contains(figure)));
    }
}
