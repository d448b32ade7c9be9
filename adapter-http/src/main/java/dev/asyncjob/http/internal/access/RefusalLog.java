package dev.asyncjob.http.internal.access;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.Cause;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.domain.Owner;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Writes refusals of access to the {@linkplain Authenticator#SECURITY_LOG security log}, and counts them: those of one
 * network with one cause give a line at once, and then, while there are more, one a minute with their number. Networks
 * with causes beyond {@value #MAX_KNOWN} are counted together. Safe for use from any thread.
 */
final class RefusalLog {
    /** Networks with causes that are counted apart at most. */
    static final int MAX_KNOWN = 1_000;

    private static final Logger LOG = System.getLogger(Authenticator.SECURITY_LOG);
    private static final JsonMapper JSON = new JsonMapper();
    private static final Source OTHERS = new Source("others", 0, Cause.of("others"));

    private final Consumer<String> lines;
    private final Consumer<Runnable> aMinuteLater;
    private final Map<Source, Count> known = new HashMap<>();

    RefusalLog() {
        this(line -> LOG.log(Level.INFO, line), task -> Execution.JVM.after(RateLimitedLog.INTERVAL, task));
    }

    /** @param aMinuteLater runs a task after a minute */
    RefusalLog(Consumer<String> lines, Consumer<Runnable> aMinuteLater) {
        this.lines = lines;
        this.aMinuteLater = aMinuteLater;
    }

    private record Source(String network, int status, Cause cause) {}

    private static final class Count {
        private long unwritten;
        private Refusal last;

        private Count(Refusal last) {
            this.last = last;
        }
    }

    /** One refused request; {@code address} is the client's, and may be one of many in the network. */
    record Refusal(Instant at, String address, String requestId, int status, Cause cause) {
        String line(long count) {
            ObjectNode line = JSON.createObjectNode().put("time", at.toString()).put("event", "refused");
            line.put("address", address).put("request_id", requestId).put("status", status);
            line.put("reason", cause.reason());
            cause.client().ifPresent(client -> line.put("client", client.value()));
            if (!cause.key().isEmpty()) {
                line.put("key", cause.key());
            }
            return line.put("count", count).toString();
        }
    }

    /** An event of a session, such as its login. */
    record Event(Instant at, String name, String address, String requestId, Owner client, String key) {}

    /** Writes an event. */
    void write(Event event) {
        ObjectNode line =
                JSON.createObjectNode().put("time", event.at.toString()).put("event", event.name);
        line.put("address", event.address).put("request_id", event.requestId);
        line.put("client", event.client.value());
        if (!event.key.isEmpty()) {
            line.put("key", event.key);
        }
        lines.accept(line.toString());
    }

    /** Logs or counts a refusal of an address in a network. Nothing that prevents it reaches the caller. */
    synchronized void add(String network, Refusal refusal) {
        Source own = new Source(network, refusal.status, refusal.cause);
        try {
            if (known.size() < MAX_KNOWN || known.containsKey(own)) {
                count(own, refusal);
            } else {
                count(OTHERS, new Refusal(refusal.at, OTHERS.network, refusal.requestId, refusal.status, OTHERS.cause));
            }
        } catch (Throwable e) {
            LOG.log(Level.WARNING, "a refusal cannot be logged: {0}", e.toString());
        }
    }

    private void count(Source source, Refusal refusal) {
        Count count = known.get(source);
        if (count == null) {
            aMinuteLater.accept(() -> writeCount(source)); // first: without it the source would be silent for ever
            known.put(source, new Count(refusal));
            lines.accept(refusal.line(1));
        } else {
            count.last = refusal;
            count.unwritten++;
        }
    }

    /**
     * Writes what came in the last minute; a source of which nothing came, or whose next minute fails, is new again.
     */
    private synchronized void writeCount(Source source) {
        Count count = known.remove(source);
        if (count != null && count.unwritten > 0) {
            aMinuteLater.accept(() -> writeCount(source));
            known.put(source, new Count(count.last));
            lines.accept(count.last.line(count.unwritten));
        }
    }
}
