package dev.asyncjob.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A job that is claimed, with its lease: what the worker is to do, and how it tells of its progress. Safe for use from
 * any thread.
 */
public final class ClaimedJob {
    private static final int MAX_MESSAGE = 200;

    private final UUID id;
    private final String kind;
    private final @Nullable String payload;
    private final int attempt;
    private final List<JobState.Link> links;
    private final long token;
    private final JobRequest.@Nullable Trace trace;
    private volatile Statement stated = Statement.NONE;
    private volatile Statement sent = Statement.NONE;
    private volatile Runnable onStatement = () -> {};
    private volatile boolean lost;

    /** What the worker says of its work: percent and a text, or null. */
    record Statement(@Nullable Double progress, @Nullable String message) {
        static final Statement NONE = new Statement(null, null);
    }

    /** A job as the server gives it to a worker; for tests of handlers too. */
    public ClaimedJob(
            UUID id, String kind, @Nullable String payload, int attempt, List<JobState.Link> links, long token) {
        this(id, kind, payload, attempt, links, token, null);
    }

    /** The same with the trace in which it was scheduled. */
    public ClaimedJob(
            UUID id,
            String kind,
            @Nullable String payload,
            int attempt,
            List<JobState.Link> links,
            long token,
            JobRequest.@Nullable Trace trace) {
        this.id = id;
        this.kind = kind;
        this.payload = payload;
        this.attempt = attempt;
        this.links = List.copyOf(links);
        this.token = token;
        this.trace = trace;
    }

    /** Identifies the job. */
    public UUID id() {
        return id;
    }

    /** The kind of work. */
    public String kind() {
        return kind;
    }

    /** The input, a JSON text with the digits that the producer sent; null if there is none. */
    public @Nullable String payload() {
        return payload;
    }

    /** The number of attempts, this one included. */
    public int attempt() {
        return attempt;
    }

    /** The resources of the job. */
    public List<JobState.Link> links() {
        return links;
    }

    /** The trace in which it was scheduled, for a span of the handler; null if there is none. */
    public JobRequest.@Nullable Trace trace() {
        return trace;
    }

    /** The token of the lease. */
    public long token() {
        return token;
    }

    /**
     * Tells how much is done; a renewal of the lease passes the last value on. {@link RemoteWorker} renews for that
     * once a second at most.
     *
     * @param percent 0 to 100
     * @throws IllegalArgumentException if it is out of range
     */
    public void progress(double percent) {
        state(percent, null);
    }

    /**
     * Tells readers of the status how much is done, and a text.
     *
     * @param percent 0 to 100
     * @param message 1 to 200 characters; the server validates it
     * @throws IllegalArgumentException if a value is out of range
     */
    public void progress(double percent, String message) {
        ClientSettings.require(
                !message.isEmpty() && message.length() <= MAX_MESSAGE, "message must be of 1 to 200 characters");
        state(percent, message);
    }

    private void state(double percent, @Nullable String message) {
        ClientSettings.require(percent >= 0 && percent <= 100, "progress must be 0 to 100");
        synchronized (this) {
            stated = new Statement(percent, message == null ? stated.message() : message);
        }
        onStatement.run();
    }

    /** Runs a task after each statement; it must return quickly. */
    void onStatement(Runnable task) {
        onStatement = task;
    }

    /** What has been stated since the last renewal that passed something on; null if nothing. */
    @Nullable
    Statement unsent() {
        Statement last = stated;
        return last.equals(sent) ? null : last;
    }

    /** Takes over that a renewal has passed this on. */
    void sent(@Nullable Statement passedOn) {
        sent = passedOn == null ? sent : passedOn;
    }

    /**
     * Whether to stop, since the outcome of the handler no longer counts: the lease is lost, the job is cancelled, the
     * handler took too long, or its worker stops.
     */
    public boolean isLost() {
        return lost;
    }

    void lose() {
        lost = true;
    }

    String renewal(Duration lease, @Nullable Statement statement) {
        Map<String, @Nullable String> fields = new LinkedHashMap<>();
        fields.put("token", Long.toString(token));
        fields.put("lease", Json.text(lease.toString()));
        if (statement != null) {
            fields.put("progress", String.valueOf(statement.progress()));
            fields.put("message", statement.message() == null ? null : Json.text(statement.message()));
        }
        return Json.object(fields);
    }

    /**
     * Reads the response to a claim.
     *
     * @throws IllegalArgumentException if it is not one
     */
    static List<ClaimedJob> several(String body) {
        if (!(Json.parse(body, Set.of("payload", "token")) instanceof Map<?, ?> whole
                && whole.get("data") instanceof List<?> entries)) {
            throw new IllegalArgumentException("no jobs");
        }
        List<ClaimedJob> jobs = new ArrayList<>();
        for (Object entry : entries) {
            Map<?, ?> fields = entry instanceof Map<?, ?> job ? job : Map.of();
            Map<?, ?> lease = fields.get("lease") instanceof Map<?, ?> held ? held : Map.of();
            jobs.add(new ClaimedJob(
                    UUID.fromString(JobState.string(fields, "id")),
                    JobState.string(fields, "kind"),
                    JobState.optional(fields, "payload"),
                    fields.get("attempt") instanceof Double attempt ? attempt.intValue() : 1,
                    fields.get("links") instanceof List<?> links ? JobState.links(links) : List.of(),
                    Long.parseLong(JobState.string(lease, "token")),
                    trace(fields)));
        }
        return jobs;
    }

    private static JobRequest.@Nullable Trace trace(Map<?, ?> fields) {
        String parent = JobState.optional(fields, "traceparent");
        try {
            return parent == null ? null : new JobRequest.Trace(parent, JobState.optional(fields, "tracestate"));
        } catch (IllegalArgumentException e) { // one that is not known here must not keep the job from its worker
            return null;
        }
    }

    /** Shows no payload. */
    @Override
    public String toString() {
        return "ClaimedJob[id=%s, kind=%s, attempt=%s]".formatted(id, kind, attempt);
    }
}
