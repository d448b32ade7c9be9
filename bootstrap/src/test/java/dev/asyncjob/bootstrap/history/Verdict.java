package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The judgement of a history by every {@link Promise}, and its worst times. It errs on the side of the service: an
 * operation without a whole answer may have happened or not.
 */
final class Verdict {
    /** Violations that a failure prints. */
    private static final int PRINTED = 10;

    private final Facts facts;
    private final List<Violation> violations = new ArrayList<>();
    private final LeaseRules leases;

    private Verdict(History history) {
        facts = new Facts(history);
        leases = new LeaseRules(facts, violations::add);
        new StatusRules(facts, violations::add).judge();
        leases.judge();
        new AnswerRules(facts, violations::add).judge();
    }

    static Verdict of(History history) {
        return new Verdict(history);
    }

    List<Violation> violations() {
        return List.copyOf(violations);
    }

    /** Returns the number of violations of each promise that was broken. */
    Map<Promise, Long> broken() {
        return counted(violations, Violation::promise);
    }

    private static <T, K extends Comparable<K>> Map<K, Long> counted(List<T> all, Function<T, K> key) {
        return all.stream().collect(Collectors.groupingBy(key, TreeMap::new, Collectors.counting()));
    }

    /** Returns the seconds from the end of a lease, or of an outage, to what followed it. */
    private String worst() {
        List<Double> recoveries = facts.of(Kind.FAULT).map(this::recovery).toList();
        return "claimed after the end of a lease: %s s; read after the end of a fault: %s s"
                .formatted(spread(leases.gaps()), spread(recoveries));
    }

    /** Returns the seconds from the end of a fault until each node has answered a probe. */
    private double recovery(Event fault) {
        return facts
                .of(Kind.PROBE)
                .filter(probe -> probe.began() >= fault.ended() && probe.status() == 200)
                .collect(Collectors.groupingBy(Event::node, Collectors.minBy(Comparator.comparingLong(Event::ended))))
                .values()
                .stream()
                .flatMap(first -> first.stream().map(probe -> (probe.ended() - fault.ended()) / 1e6))
                .max(Comparator.naturalOrder())
                .orElse(0.0);
    }

    private static String spread(List<Double> seconds) {
        List<Double> sorted = seconds.stream().sorted().toList();
        return sorted.isEmpty()
                ? "none"
                : "%d, median %.3f, worst %.3f"
                        .formatted(sorted.size(), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
    }

    /** Returns what the history has and what it shows, for a person. */
    @Override
    public String toString() {
        List<Event> operations = facts.events.stream()
                .filter(event -> event.kind() != Kind.FAULT)
                .toList();
        List<Event> faults = facts.of(Kind.FAULT).toList();
        return """
                %s %s
                %d operations %s
                answers %s
                %d faults %s
                %s
                %s""".formatted(
                violations.isEmpty() ? "VALID" : "BROKEN",
                broken(),
                operations.size(),
                counted(operations, Event::kind),
                counted(operations, Event::status),
                faults.size(),
                counted(faults, Event::request),
                worst(),
                violations.stream().limit(PRINTED).map(Violation::toString).collect(Collectors.joining("\n")));
    }
}
