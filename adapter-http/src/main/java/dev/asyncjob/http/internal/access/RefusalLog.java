package dev.asyncjob.http.internal.access;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Authenticator.Cause;
import dev.asyncjob.application.spi.RateLimitedLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
        this(
                line -> LOG.log(Level.INFO, line),
                CompletableFuture.delayedExecutor(RateLimitedLog.INTERVAL.toSeconds(), TimeUnit.SECONDS)::execute);
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

    /** Logs or counts a refusal of an address in a network. */
    synchronized void add(String network, Refusal refusal) {
        Source own = new Source(network, refusal.status, refusal.cause);
        if (known.size() < MAX_KNOWN || known.containsKey(own)) {
            count(own, refusal);
        } else {
            count(OTHERS, new Refusal(refusal.at, OTHERS.network, refusal.requestId, refusal.status, OTHERS.cause));
        }
    }

    private void count(Source source, Refusal refusal) {
        Count count = known.get(source);
        if (count == null) {
            known.put(source, new Count(refusal));
            lines.accept(refusal.line(1));
            aMinuteLater.accept(() -> writeCount(source));
        } else {
            count.last = refusal;
            count.unwritten++;
        }
    }

    private synchronized void writeCount(Source source) {
        Count count = Objects.requireNonNull(known.get(source));
        if (count.unwritten == 0) {
            known.remove(source);
            return;
        }
        lines.accept(count.last.line(count.unwritten));
        count.unwritten = 0;
        aMinuteLater.accept(() -> writeCount(source));
    }
}
