package dev.asyncjob.bootstrap.history;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.bootstrap.history.Event.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A history, sorted by what was asked and told of each job. */
final class Facts {
    static final String MISSING = "missing";
    private static final String PENDING = "PENDING";

    /**
     * What one answer told of a job.
     *
     * @param status PENDING, DONE, FAILED or {@link #MISSING}
     * @param body the whole body of the job's status; null where the answer has more or less
     */
    record Look(
            long began,
            long ended,
            String status,
            @Nullable String body,
            @Nullable String tag,
            Event event) {
        boolean tellsEnd() {
            return !status.equals(PENDING) && !status.equals(MISSING);
        }
    }

    /**
     * A lease that a claim was given.
     *
     * @param granted when, by the clock of the database, in milliseconds since 1970
     * @param expires when it ends, on the same clock
     */
    record Grant(String job, long token, long granted, long expires, Event event) {
        String claim() {
            return event.detail(Event.CLAIM_ID);
        }
    }

    /** An outcome that was accepted. */
    record Settled(long token, String outcome, boolean ends, Event event) {}

    /** A job and a lease token of it. */
    record Held(String job, long token) {}

    final History.Head head;
    final List<Event> events;
    final Map<String, List<Look>> looks = new HashMap<>();
    final Map<String, Event> accepted = new HashMap<>();
    final Map<String, Long> firstAsked = new HashMap<>();
    final Map<String, Map<String, Event>> jobsOfKey = new HashMap<>();
    final Map<String, List<Grant>> grants = new HashMap<>();
    final Map<String, List<Grant>> grantsOfClaim = new HashMap<>();
    final Map<String, List<Settled>> settled = new HashMap<>();
    final Map<Held, List<Event>> used = new HashMap<>();
    final Map<Held, List<Grant>> renewed = new HashMap<>();
    final Map<String, Look> firstEnd = new HashMap<>();
    final Set<String> cancelled = new HashSet<>();

    Facts(History history) {
        head = history.head();
        events = history.events();
        events.forEach(this::note);
        looks.forEach((job, all) -> all.stream()
                .filter(Look::tellsEnd)
                .min(comparingLong(Look::ended))
                .ifPresent(end -> firstEnd.put(job, end)));
    }

    private void note(Event event) {
        switch (event.kind()) {
            case SCHEDULE -> scheduled(event);
            case CLAIM -> claimed(event);
            case RENEW -> renewed(event);
            case SETTLE -> settled(event);
            case OUTCOMES -> outcomes(event);
            case CANCEL -> {
                cancelled.add(event.job());
                lookAtData(event);
            }
            case LIST -> event.data().forEach(job -> look(text(job, "id"), event, text(job, "status"), null, null));
            case READ, WAIT, PROBE, TOLD -> read(event);
            case STREAM, FAULT, BROKEN -> {
                // of no job
            }
        }
    }

    private void scheduled(Event event) {
        firstAsked.merge(event.detail(Event.KEY), event.began(), Math::min);
        if (event.status() == 202) {
            String job = text(event.data(), "id");
            accepted.merge(job, event, (a, b) -> a.ended() <= b.ended() ? a : b);
            keyOf(event.detail(Event.KEY), job, event);
        }
    }

    private void keyOf(String key, String job, Event event) {
        if (!key.isEmpty()) {
            jobsOfKey.computeIfAbsent(key, k -> new LinkedHashMap<>()).putIfAbsent(job, event);
        }
    }

    private void claimed(Event event) {
        if (event.status() != 200) {
            return;
        }
        List<Grant> given = new ArrayList<>();
        for (JsonNode job : event.data()) {
            long expires = millis(job.path("lease"));
            Grant grant = new Grant(
                    text(job, "id"),
                    job.path("lease").path("token").asLong(),
                    expires - 1000 * event.number(Event.LEASE),
                    expires,
                    event);
            given.add(grant);
            grants.computeIfAbsent(grant.job(), j -> new ArrayList<>()).add(grant);
            keyOf(text(job.path("payload"), "key"), grant.job(), event);
        }
        grantsOfClaim
                .computeIfAbsent(event.detail(Event.CLAIM_ID), c -> new ArrayList<>())
                .addAll(given);
    }

    private void renewed(Event event) {
        Held held = new Held(requireNonNull(event.job()), event.token());
        used.computeIfAbsent(held, h -> new ArrayList<>()).add(event);
        if (event.status() == 200) {
            long expires = millis(event.data());
            long granted = expires - 1000 * event.number(Event.LEASE);
            renewed.computeIfAbsent(held, h -> new ArrayList<>())
                    .add(new Grant(requireNonNull(event.job()), event.token(), granted, expires, event));
        }
    }

    private void settled(Event event) {
        used.computeIfAbsent(new Held(requireNonNull(event.job()), event.token()), h -> new ArrayList<>())
                .add(event);
        if (event.status() == 200) {
            boolean ends = !event.detail(Event.RETRY).equals("true");
            settled.computeIfAbsent(requireNonNull(event.job()), j -> new ArrayList<>())
                    .add(new Settled(event.token(), event.detail(Event.OUTCOME), ends, event));
        }
        lookAtData(event);
    }

    private void outcomes(Event event) {
        JsonNode sent = History.parse(event.detail(Event.SENT));
        JsonNode results = event.status() == 200 ? event.data() : History.parse("[]");
        for (int i = 0; i < sent.size(); i++) {
            String job = text(sent.path(i), "id");
            long token = sent.path(i).path("token").asLong();
            used.computeIfAbsent(new Held(job, token), h -> new ArrayList<>()).add(event);
            JsonNode result = results.path(i);
            if (result.path("code").asInt() == 200) {
                settled.computeIfAbsent(job, j -> new ArrayList<>())
                        .add(new Settled(token, sent.path(i).toString(), true, event));
            }
            if (result.has("data")) {
                look(job, event, text(result.path("data"), "status"), body(result.path("data")), null);
            }
        }
    }

    /** Notes the state in an answer to a settlement or a cancellation, also a refused one. */
    private void lookAtData(Event event) {
        if ((event.status() == 200 || event.status() == 409) && !event.data().isMissingNode()) {
            String tag = event.answer() == null || event.status() == 409
                    ? null
                    : event.answer().tag();
            look(requireNonNull(event.job()), event, text(event.data(), "status"), body(event.data()), tag);
        }
    }

    private void read(Event event) {
        if (event.status() == 404) {
            look(requireNonNull(event.job()), event, MISSING, null, null);
        } else if (event.answer() != null && event.status() == 200) {
            look(
                    requireNonNull(event.job()),
                    event,
                    text(event.data(), "status"),
                    event.answer().body(),
                    event.answer().tag());
        }
    }

    private void look(@Nullable String job, Event event, String status, @Nullable String body, @Nullable String tag) {
        looks.computeIfAbsent(String.valueOf(job), j -> new ArrayList<>())
                .add(new Look(event.began(), event.ended(), status, body, tag, event));
    }

    private static String body(JsonNode data) {
        return "{\"data\":" + data + "}";
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static long millis(JsonNode lease) {
        return Instant.parse(text(lease, "expiresAt")).toEpochMilli();
    }

    /** Returns when a job ended, as its status tells, in milliseconds since 1970. */
    static long doneAt(Look end) {
        return Instant.parse(History.parse(String.valueOf(end.body()))
                        .path("data")
                        .path("doneAt")
                        .asText())
                .toEpochMilli();
    }

    /** Returns the wall time of a moment of the history, in milliseconds since 1970. */
    long wall(long micros) {
        return head.start() + micros / 1000;
    }

    List<Look> looks(String job) {
        return looks.getOrDefault(job, List.of());
    }

    List<Event> used(String job, long token) {
        return used.getOrDefault(new Held(job, token), List.of());
    }

    Stream<Event> of(Kind kind) {
        return events.stream().filter(event -> event.kind() == kind);
    }

    /** Returns whether a fault of a kind was about within a time, or had ended at most so many microseconds before. */
    boolean faulty(Predicate<Event> kind, long began, long ended, long after) {
        return of(Kind.FAULT)
                .filter(kind)
                .anyMatch(fault -> fault.began() - 100_000 < ended && fault.ended() + after > began);
    }
}
