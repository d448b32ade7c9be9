package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Answer;
import dev.asyncjob.bootstrap.history.Event.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A history that a test writes, one operation after the other, 100 ms each unless it says otherwise. */
final class Script {
    static final long START = Instant.parse("2026-11-23T12:00:00Z").toEpochMilli();
    static final long RETENTION = 60_000;
    private static final long STEP = 100_000;

    private final List<Event> events = new ArrayList<>();
    private long now;
    private int requests;

    /** Returns three jobs that are scheduled, worked, cancelled and read as they should be. */
    static Script clean() {
        Script script = new Script();
        script.schedule("a", "key-a").schedule("a", "key-a").told("s1", "a", "PENDING");
        script.read("a", "PENDING", 1).claim("c1", 2, "a", 1).claim("c1", 2, "a", 1, -STEP);
        script.renew("a", 1).settle("a", 1, "done", "false", "DONE").settle("a", 1, "done", "false", "DONE");
        script.told("s1", "a", "DONE").stream("s1", "a", "told")
                .read("a", "DONE", 1)
                .hold("a", "DONE");
        script.schedule("b", "key-b").claim("c2", 1, "b", 1).later(1_500_000).claim("c3", 1, "b", 2);
        script.settle("b", 2, "again", "true", "PENDING").claim("c4", 1, "b", 3).outcomes("b", 3);
        script.schedule("c", "key-c").cancel("c");
        script.last("a", "DONE").last("b", "DONE").last("c", "FAILED");
        return script;
    }

    List<Event> events() {
        return events;
    }

    History history() {
        History history = new History(new History.Head(START, RETENTION));
        events.forEach(history::add);
        return history;
    }

    /** Returns the first event that matches. */
    Event first(Predicate<Event> wanted) {
        return events.stream().filter(wanted).findFirst().orElseThrow();
    }

    Event first(Kind kind) {
        return first(event -> event.kind() == kind);
    }

    /** Replaces the events that match. */
    Script change(Predicate<Event> wanted, UnaryOperator<Event> change) {
        events.replaceAll(event -> wanted.test(event) ? change.apply(event) : event);
        return this;
    }

    Script remove(Predicate<Event> wanted) {
        events.removeIf(wanted);
        return this;
    }

    Script add(Event event) {
        events.add(event);
        return this;
    }

    Script later(long micros) {
        now += micros;
        return this;
    }

    Script add(Kind kind, @Nullable String job, long token, @Nullable Answer answer, Map<String, String> details) {
        requests++;
        events.add(new Event(
                kind, "n" + (1 + requests % 2), "r" + requests, job, token, now, now + STEP, answer, details));
        return later(STEP);
    }

    static Answer answer(int status, String body, @Nullable String tag) {
        return new Answer(status, body, tag, status == 503);
    }

    static String body(String job, String status) {
        String end = status.equals("PENDING") ? "" : "\"doneAt\":\"2026-11-23T12:00:05.000Z\",";
        return "{\"data\":{\"eta\":\"2026-11-23T12:00:05.000Z\",\"id\":\"%s\",%s\"links\":[],\"status\":\"%s\"}}"
                .formatted(job, end, status);
    }

    private static Answer told(String job, String status) {
        return answer(200, body(job, status), "\"" + job + status + "\"");
    }

    Script schedule(String job, String key) {
        return add(
                Kind.SCHEDULE, null, 0, answer(202, body(job, "PENDING"), "\"" + job + "\""), Map.of(Event.KEY, key));
    }

    Script claim(String id, int lease, String job, long token) {
        return claim(id, lease, job, token, 0);
    }

    /** Claims under a lease that was granted some time ago. */
    Script claim(String id, int lease, String job, long token, long micros) {
        Instant expires = Instant.ofEpochMilli(START + (now + micros) / 1000).plusSeconds(lease);
        String body =
                "{\"data\":[{\"id\":\"%s\",\"payload\":{\"key\":\"key-%s\"},\"lease\":{\"token\":%d,\"expiresAt\":\"%s\"}}]}"
                        .formatted(job, job, token, expires);
        return add(
                Kind.CLAIM,
                null,
                0,
                answer(200, body, null),
                Map.of(Event.CLAIM_ID, id, Event.LEASE, Integer.toString(lease)));
    }

    Script renew(String job, long token) {
        Instant expires = Instant.ofEpochMilli(START + now / 1000).plusSeconds(2);
        String body = "{\"data\":{\"expiresAt\":\"%s\"}}".formatted(expires);
        return add(Kind.RENEW, job, token, answer(200, body, null), Map.of(Event.LEASE, "2"));
    }

    Script settle(String job, long token, String outcome, String retry, String status) {
        return add(Kind.SETTLE, job, token, told(job, status), Map.of(Event.OUTCOME, outcome, Event.RETRY, retry));
    }

    Script outcomes(String job, long token) {
        String data = History.parse(body(job, "DONE")).path("data").toString();
        return add(
                Kind.OUTCOMES,
                null,
                0,
                answer(200, "{\"data\":[{\"code\":200,\"data\":%s}]}".formatted(data), null),
                Map.of(Event.SENT, "[{\"id\":\"%s\",\"token\":%d}]".formatted(job, token)));
    }

    Script cancel(String job) {
        return add(Kind.CANCEL, job, 0, told(job, "FAILED"), Map.of());
    }

    Script read(String job, String status, int times) {
        for (int i = 0; i < times; i++) {
            add(Kind.READ, job, 0, told(job, status), Map.of());
        }
        return this;
    }

    Script hold(String job, String status) {
        return add(Kind.WAIT, job, 0, told(job, status), Map.of(Event.WAIT, "2"));
    }

    Script last(String job, String status) {
        return add(Kind.READ, job, 0, told(job, status), Map.of(Event.LAST, "true"));
    }

    Script told(String stream, String job, String status) {
        events.add(new Event(Kind.TOLD, "n1", stream, job, 0, now, now, told(job, status), Map.of()));
        return this;
    }

    Script stream(String stream, String job, String end) {
        events.add(
                new Event(Kind.STREAM, "n1", stream, job, 0, 0, now, answer(200, "", null), Map.of(Event.STREAM, end)));
        return this;
    }
}
