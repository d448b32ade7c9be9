package dev.asyncjob.client;

import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Cancels or retries all jobs that a filter selects, with the scope {@code job:admin}. Requests are repeated and fail
 * as those of {@link JobClient}; a change that is repeated does nothing twice, but then tells only what it did last,
 * while the audit of the server has all. Safe for use from any thread.
 */
public final class BulkClient {
    private final ClientSettings settings;
    private final Requests requests;

    /** Sends nothing yet. */
    public BulkClient(ClientSettings settings) {
        this.settings = settings;
        this.requests = new Requests(settings);
    }

    /** What is done to the jobs. */
    public enum Action {
        /** Jobs that have not ended are cancelled. */
        CANCEL("/jobs/cancellations", "cancelled"),

        /** Jobs that have failed, and were not retried before, get new ones. */
        RETRY("/jobs/retries", "retried");

        private final String path;
        private final String changed;

        Action(String path, String changed) {
            this.path = path;
            this.changed = changed;
        }
    }

    /**
     * Selects jobs; null accepts any value. The server refuses one without a value unless it is of all jobs.
     *
     * @param kind the job's kind
     * @param owner the job's owner
     * @param reference the producer's own name for the job
     * @param overdue whether the job is past its planned end; for cancelling only
     * @param all whether jobs of any kind, owner and reference are meant; then nothing else is set
     */
    public record Filter(
            @Nullable String kind,
            @Nullable String owner,
            @Nullable String reference,
            @Nullable Boolean overdue,
            boolean all) {}

    /**
     * What would be changed now.
     *
     * @param matching the jobs that would be, counted up to the limit
     * @param alreadyRetried the jobs that a retry leaves out since they were retried before
     * @param notKept the jobs that a retry leaves out since their payload is not kept; null if the server could not
     *     count them in time, and for cancelling
     * @param more whether more match
     */
    public record Preview(
            int matching, int alreadyRetried, @Nullable Integer notKept, boolean more) {}

    /**
     * What was changed.
     *
     * @param changed the jobs that were cancelled or retried
     * @param notKept the jobs that a retry has left out since their payload is not kept; null if the server could not
     *     count them in time, and for cancelling
     * @param more whether more match; then change again
     */
    public record Result(int changed, @Nullable Integer notKept, boolean more) {}

    /**
     * Counts the jobs that would be changed, and changes nothing.
     *
     * @param max the jobs that are counted, 1 to 10,000
     */
    public CompletableFuture<Preview> preview(Action action, Filter filter, int max) {
        return send(
                action,
                filter,
                max,
                true,
                data -> new Preview(
                        number(data, "matching"),
                        Objects.requireNonNullElse(optional(data, "alreadyRetried"), 0),
                        optional(data, "notKept"),
                        more(data)));
    }

    /**
     * Changes the jobs, for about two seconds; the result says whether more match. A request whose answer is lost is
     * sent again, and then changes up to {@code max} jobs more; the audit has the number of both.
     *
     * @param max the jobs that one request changes at most, 1 to 10,000
     */
    public CompletableFuture<Result> change(Action action, Filter filter, int max) {
        return send(
                action,
                filter,
                max,
                false,
                data -> new Result(number(data, action.changed), optional(data, "notKept"), more(data)));
    }

    /** Reads the data of a response. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(Map<?, ?> data);
    }

    private <T> CompletableFuture<T> send(Action action, Filter filter, int max, boolean dryRun, Reader<T> reader) {
        Map<String, @Nullable String> body = new LinkedHashMap<>();
        body.put("kind", text(filter.kind()));
        body.put("owner", text(filter.owner()));
        body.put("reference", text(filter.reference()));
        body.put("overdue", filter.overdue() == null ? null : filter.overdue().toString());
        body.put("all", filter.all() ? "true" : null);
        body.put("max", Integer.toString(max));
        body.put("dryRun", dryRun ? "true" : null);
        String json = Json.object(body);
        HttpRequest.Builder request = requests.to(settings.at(action.path), Duration.ZERO);
        return requests.call(
                token -> requests.send("POST", json, request, token, 1),
                response -> Optional.of(Requests.read(response, text -> reader.read(data(text)))));
    }

    private static @Nullable String text(@Nullable String value) {
        return value == null ? null : Json.text(value);
    }

    private static Map<?, ?> data(String body) {
        if (Json.parse(body) instanceof Map<?, ?> whole && whole.get("data") instanceof Map<?, ?> data) {
            return data;
        }
        throw new IllegalArgumentException("no data");
    }

    private static int number(Map<?, ?> data, String name) {
        if (data.get(name) instanceof Double number) {
            return number.intValue();
        }
        throw new IllegalArgumentException("no " + name);
    }

    private static @Nullable Integer optional(Map<?, ?> data, String name) {
        return data.get(name) == null ? null : number(data, name);
    }

    private static boolean more(Map<?, ?> data) {
        return Boolean.TRUE.equals(data.get("more"));
    }
}
