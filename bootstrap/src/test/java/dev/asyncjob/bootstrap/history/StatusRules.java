package dev.asyncjob.bootstrap.history;

import static java.util.Comparator.comparingLong;

import dev.asyncjob.bootstrap.history.Event.Answer;
import dev.asyncjob.bootstrap.history.Event.Kind;
import dev.asyncjob.bootstrap.history.Facts.Look;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Promises 1 to 3 of the contract: what is accepted is kept, what has ended stays so, keys name one job. */
final class StatusRules {
    /** A read may meet a job a little after its retention, since instants are told in whole milliseconds. */
    private static final long SLACK_MILLIS = 50;

    private final Facts facts;
    private final Consumer<Violation> violations;

    StatusRules(Facts facts, Consumer<Violation> violations) {
        this.facts = facts;
        this.violations = violations;
    }

    void judge() {
        keys();
        facts.accepted.forEach(this::accepted);
        facts.firstEnd.forEach(this::ended);
        atTheEnd();
    }

    private void broken(Promise promise, String sentence, Event... events) {
        violations.accept(new Violation(promise, sentence, List.of(events)));
    }

    private void keys() {
        facts.jobsOfKey.forEach(this::oneJob);
        Map<String, Event> first = new HashMap<>();
        facts.of(Kind.SCHEDULE).filter(event -> event.status() == 202).forEach(event -> {
            String job = event.data().path("id").asText();
            Event before = first.putIfAbsent(event.detail(Event.KEY) + " " + job, event);
            if (before != null && !sameAnswer(before.answer(), event.answer())) {
                broken(
                        Promise.REPETITIONS_GET_THE_FIRST_ANSWER,
                        "the repetition of " + event.detail(Event.KEY) + " was answered differently",
                        before,
                        event);
            }
        });
    }

    /** A key may name another job when the first one's retention is over. */
    private void oneJob(String key, Map<String, Event> jobs) {
        List<Map.Entry<String, Event>> inOrder = jobs.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(comparingLong(Event::ended)))
                .toList();
        for (int i = 1; i < inOrder.size(); i++) {
            Event first = inOrder.get(i - 1).getValue();
            Event second = inOrder.get(i).getValue();
            if (facts.wall(second.ended()) < keptUntil(inOrder.get(i - 1).getKey())) {
                broken(Promise.ONE_JOB_PER_KEY, "the key " + key + " names the jobs " + jobs.keySet(), first, second);
            }
        }
    }

    private static boolean sameAnswer(@Nullable Answer a, @Nullable Answer b) {
        return a != null && b != null && a.body().equals(b.body()) && Objects.equals(a.tag(), b.tag());
    }

    /** Returns until when a job must be found, at least, in milliseconds since 1970. */
    private long keptUntil(String job) {
        Look end = facts.firstEnd.get(job);
        Event accepted = facts.accepted.get(job);
        if (end != null && end.body() != null) {
            return Facts.doneAt(end) + facts.head.retention() - SLACK_MILLIS;
        }
        // an earlier request under its key, without an answer, may have scheduled it
        long earliest = accepted == null ? 0 : facts.firstAsked.getOrDefault(accepted.detail(Event.KEY), 0L);
        return facts.wall(earliest) + facts.head.retention() - SLACK_MILLIS;
    }

    private void accepted(String job, Event accepted) {
        facts.looks(job).stream()
                .filter(look -> look.status().equals(Facts.MISSING)
                        && look.began() > accepted.ended()
                        && facts.wall(look.ended()) < keptUntil(job))
                .findFirst()
                .ifPresent(look -> broken(
                        Promise.ACCEPTED_IS_KEPT,
                        "the job " + job + " was acknowledged and is not found",
                        accepted,
                        look.event()));
    }

    private void ended(String job, Look end) {
        long over = end.body() == null ? Long.MAX_VALUE : Facts.doneAt(end) + facts.head.retention() + SLACK_MILLIS;
        for (Look look : facts.looks(job)) {
            boolean later = look.began() > end.ended();
            if (later && look.status().equals("PENDING")) {
                broken(
                        Promise.NO_STATUS_GOES_BACK,
                        "the job " + job + " had ended and is PENDING again",
                        end.event(),
                        look.event());
            }
            if (later && look.status().equals(Facts.MISSING) && facts.wall(look.ended()) < keptUntil(job)) {
                broken(
                        Promise.ENDED_IS_KEPT,
                        "the job " + job + " had ended and is not found",
                        end.event(),
                        look.event());
            }
            if (look.event().kind() == Kind.READ && look.tellsEnd() && facts.wall(look.began()) > over) {
                broken(
                        Promise.RETENTION_ENDS,
                        "the job " + job + " is found after its retention",
                        end.event(),
                        look.event());
            }
        }
        same(Promise.ONE_END_IN_BYTES, job, Look::body);
        same(Promise.ONE_END_IN_TAGS, job, Look::tag);
    }

    private void same(Promise promise, String job, Function<Look, @Nullable String> part) {
        Map<String, Event> different = new HashMap<>();
        for (Look look : facts.looks(job)) {
            String told = part.apply(look);
            if (look.tellsEnd() && told != null) {
                different.putIfAbsent(told, look.event());
            }
        }
        if (different.size() > 1) {
            broken(
                    promise,
                    "the end of the job " + job + " was told in " + different.size() + " ways",
                    different.values().toArray(Event[]::new));
        }
    }

    private void atTheEnd() {
        Set<String> read = new HashSet<>();
        Map<String, Event> last = new HashMap<>(); // of each job and node
        facts.of(Kind.READ)
                .filter(event -> event.has(Event.LAST))
                .forEach(event -> last.put(event.job() + " " + event.node(), event));
        last.values().forEach(event -> {
            String job = String.valueOf(event.job());
            read.add(job);
            boolean over = event.status() == 404 && facts.wall(event.ended()) >= keptUntil(job);
            if (event.status() != 200 && !over) {
                broken(Promise.ANSWERED_AT_THE_END, "the last read of " + job + " has no answer", event);
            } else if (event.data().path("status").asText().equals("PENDING")) {
                broken(Promise.EVERY_JOB_ENDS, "the job " + job + " has not ended", event);
            }
        });
        facts.accepted.forEach((job, event) -> {
            if (!read.isEmpty()
                    && !read.contains(job)
                    && !event.detail(Event.KEY).startsWith(Load.PROBE)) {
                broken(Promise.READ_AT_THE_END, "the job " + job + " was not read at the end", event);
            }
        });
    }
}
