package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import dev.asyncjob.bootstrap.history.Facts.Look;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** How requests are answered whatever they ask: in time, with no error of the server, and streams to their end. */
final class AnswerRules {
    private static final long SECOND = 1_000_000;

    /** An answer may come so long after the wait that its request allows. */
    private static final long ANSWER_SLACK = 5 * SECOND;

    /** A stream may tell an end so late. */
    private static final long STREAM_SLACK = 10 * SECOND;

    /** So long after a node is back, it may still be late. */
    private static final long RECOVERY = 3 * SECOND;

    private static final Set<Integer> ODD = Set.of(400, 401, 403, 405, 406, 408, 413, 415, 422, 429);
    private static final Set<Kind> TIMED = Set.of(
            Kind.WAIT,
            Kind.CLAIM,
            Kind.READ,
            Kind.PROBE,
            Kind.SCHEDULE,
            Kind.SETTLE,
            Kind.RENEW,
            Kind.OUTCOMES,
            Kind.CANCEL);

    private final Facts facts;
    private final Consumer<Violation> violations;

    AnswerRules(Facts facts, Consumer<Violation> violations) {
        this.facts = facts;
        this.violations = violations;
    }

    void judge() {
        facts.events.forEach(this::answer);
        streams();
    }

    private void broken(Promise promise, String sentence, Event... events) {
        violations.accept(new Violation(promise, sentence, List.of(events)));
    }

    private void answer(Event event) {
        int status = event.status();
        boolean direct = !event.has(Event.LINE);
        if (event.kind() == Kind.BROKEN) {
            broken(Promise.RECORDED_WELL, "the load or a fault failed", event);
        }
        if (status >= 500 && status != 503) {
            broken(Promise.NO_SERVER_ERROR, "answered " + status, event);
        }
        if (status == 503
                && direct
                && event.answer() != null
                && !event.answer().retryAfter()
                && event.kind() != Kind.STREAM) {
            broken(Promise.UNAVAILABLE_SAYS_WHEN, "a 503 without Retry-After", event);
        }
        if (ODD.contains(status)) {
            broken(Promise.NO_ODD_STATUS, "answered " + status, event);
        }
        long limit = event.number(Event.WAIT) * SECOND + ANSWER_SLACK;
        if (TIMED.contains(event.kind()) && direct && event.ended() - event.began() > limit && !nodeWasAway(event)) {
            broken(
                    Promise.ANSWERS_IN_TIME,
                    "answered %d after %.2f s".formatted(status, (event.ended() - event.began()) / 1e6),
                    event);
        }
    }

    private boolean nodeWasAway(Event event) {
        return facts.faulty(
                fault -> fault.has(Event.AWAY) && fault.node().equals(event.node()),
                event.began(),
                event.ended(),
                RECOVERY);
    }

    private void streams() {
        Set<String> over = new HashSet<>();
        facts.of(Kind.TOLD).forEach(told -> {
            if (over.contains(told.request())) {
                broken(Promise.STREAMS_STOP_AT_THE_END, "a stream told more after the end of its job", told);
            }
            if (!told.data().path("status").asText().equals("PENDING")) {
                over.add(told.request());
            }
        });
        untold().forEach(stream -> broken(
                Promise.STREAMS_TELL_THE_END, "a stream did not tell the end of the job " + stream.job(), stream));
    }

    /** Returns streams that stayed open long after the end of their job, without a fault that explains it. */
    private Stream<Event> untold() {
        return facts.of(Kind.STREAM).filter(stream -> {
            Look end = facts.firstEnd.get(String.valueOf(stream.job()));
            return stream.status() == 200
                    && stream.detail(Event.STREAM).equals("open")
                    && end != null
                    && stream.ended() - Math.max(end.ended(), stream.began()) > STREAM_SLACK
                    && !facts.faulty(
                            fault -> fault.node().isEmpty() || fault.node().equals(stream.node()),
                            end.ended(),
                            stream.ended(),
                            2 * RECOVERY);
        });
    }
}
