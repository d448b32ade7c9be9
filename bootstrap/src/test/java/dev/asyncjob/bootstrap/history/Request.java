package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client is about to ask, and what its history says of it.
 *
 * @param node the node to ask; null for any
 */
record Request(
        Kind kind,
        String method,
        String path,
        String body,
        @Nullable Node node,
        @Nullable String job,
        long token,
        Map<String, String> headers,
        Map<String, String> details) {
    private static final String STATUS = "/patients/composition/job/";

    static Request of(Kind kind, String method, String path, String body) {
        return new Request(kind, method, path, body, null, null, 0, Map.of(), Map.of());
    }

    /** A read of a job's status. */
    static Request read(Kind kind, String job) {
        return of(kind, "GET", STATUS + job, "").about(job, 0);
    }

    Request about(String newJob, long newToken) {
        return new Request(kind, method, path, body, node, newJob, newToken, headers, details);
    }

    /** Asks this node, directly. */
    Request at(Node newNode) {
        return new Request(kind, method, path, body, newNode, job, token, headers, details);
    }

    Request header(String name, String value) {
        return new Request(kind, method, path, body, node, job, token, with(headers, name, value), details);
    }

    Request detail(String name, String value) {
        return new Request(kind, method, path, body, node, job, token, headers, with(details, name, value));
    }

    /** Lets the answer wait for so many seconds. */
    Request waiting(int seconds) {
        return seconds == 0 ? this : header("Prefer", "wait=" + seconds).detail(Event.WAIT, Integer.toString(seconds));
    }

    private static Map<String, String> with(Map<String, String> map, String name, String value) {
        Map<String, String> more = new HashMap<>(map);
        more.put(name, value);
        return more;
    }
}
