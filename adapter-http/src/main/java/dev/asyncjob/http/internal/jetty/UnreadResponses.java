package dev.asyncjob.http.internal.jetty;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.io.EndPoint;

/**
 * The responses that are in memory because their clients do not read them. When they exceed their limit, the
 * connections that made no progress for the longest time are closed. Safe for use from any thread.
 */
final class UnreadResponses {
    private final long limit;
    private final Map<EndPoint, byte[]> bodies = new LinkedHashMap<>();

    /** How many responses show a body: a document is in memory once, however many clients read it. */
    private final IdentityHashMap<byte[], Integer> uses = new IdentityHashMap<>();

    private long bytes;

    /** @param limit bytes at most */
    UnreadResponses(long limit) {
        this.limit = limit;
    }

    /** Adds a body of which a part waits for the client, as the one with the latest progress. */
    void add(EndPoint connection, byte[] body) {
        List<EndPoint> slow = new ArrayList<>();
        synchronized (this) {
            remove(connection);
            bodies.put(connection, body);
            if (uses.merge(body, 1, Integer::sum) == 1) {
                bytes += body.length;
            }
            while (bytes > limit) {
                EndPoint slowest = bodies.keySet().iterator().next();
                remove(slowest);
                slow.add(slowest);
            }
        }
        slow.forEach(EndPoint::close); // outside the lock, because it calls remove
    }

    /** Removes the body of a connection, if there is one. */
    synchronized void remove(EndPoint connection) {
        byte[] body = bodies.remove(connection);
        if (body != null && uses.merge(body, -1, Integer::sum) == 0) {
            uses.remove(body);
            bytes -= body.length;
        }
    }
}
