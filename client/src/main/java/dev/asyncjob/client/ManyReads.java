package dev.asyncjob.client;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The reads of many jobs until each is answered, or has ended. Used by one thread at a time. */
final class ManyReads {
    /** Ids in one request at most (contract section 1). */
    static final int MAX_IDS = 100;

    private final Map<UUID, Optional<JobState>> states = new LinkedHashMap<>();
    private final Set<UUID> open;
    private final boolean untilEnd;
    private final HttpCalls.HoldPauses pauses = new HttpCalls.HoldPauses();
    private volatile Set<UUID> asked = Set.of();

    /** @param untilEnd whether jobs that have not ended are read again */
    ManyReads(Collection<UUID> ids, boolean untilEnd) {
        this.open = new LinkedHashSet<>(ids);
        this.untilEnd = untilEnd;
        ids.forEach(id -> states.put(id, Optional.empty())); // in the order of the ids
    }

    /** The body of the next request. */
    String next() {
        pauses.sent();
        asked = open.stream().limit(MAX_IDS).collect(Collectors.toCollection(LinkedHashSet::new));
        return asked.stream().map(id -> Json.text(id.toString())).collect(Collectors.joining(",", "{\"ids\":[", "]}"));
    }

    /** @throws IllegalArgumentException if the body does not answer the last request */
    Map<UUID, Optional<JobState>> answers(String body) {
        Map<UUID, Optional<JobState>> answers = JobState.several(body);
        if (!answers.keySet().equals(asked)) {
            throw new IllegalArgumentException("other jobs than those that were asked for");
        }
        return answers;
    }

    /** The states of all jobs that are there; otherwise it has the next request sent. */
    Optional<Map<UUID, JobState>> result(HttpResponse<String> response, Map<UUID, Optional<JobState>> answers) {
        states.putAll(answers);
        answers.values()
                .removeIf(state -> untilEnd && state.isPresent() && !state.get().hasEnded());
        boolean progress = open.removeAll(answers.keySet());
        if (!open.isEmpty()) {
            throw new HttpCalls.Repeat(progress ? Duration.ZERO : pauses.after(response));
        }
        Map<UUID, JobState> found = new LinkedHashMap<>();
        states.forEach((id, state) -> state.ifPresent(known -> found.put(id, known)));
        return Optional.of(found);
    }
}
