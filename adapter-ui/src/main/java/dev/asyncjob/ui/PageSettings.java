package dev.asyncjob.ui;

import dev.asyncjob.domain.InvalidValueException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where the page is, how many may be logged in, for how long, and whether they can do something, and where traces are.
 * Immutable.
 *
 * @param path the path of the page, which begins with a slash and does not end with one
 * @param maxSessions sessions at once, 1 or more; one more ends the session that has been idle for longest
 * @param maxSessionsOfClient sessions of one client at once, 1 or more; likewise
 * @param idle the time after which a session ends that is not used
 * @param longest the time after which a session ends however it is used
 * @param actions whether readers with {@code job:admin} can pause and limit kinds, and cancel and retry jobs there
 * @param traceLink where a trace can be seen: a URL with http or https, in which {@code {traceId}} stands for the 32
 *     hexadecimal digits of its id; empty for nowhere
 */
public record PageSettings(
        String path,
        int maxSessions,
        int maxSessionsOfClient,
        Duration idle,
        Duration longest,
        boolean actions,
        String traceLink) {
    /** What stands for the id of a trace. */
    static final String TRACE_ID = "{traceId}";

    private static final Pattern PATH = Pattern.compile("(/[a-z0-9._-]+)+");

    /** @throws IllegalArgumentException if a value breaks its rule */
    public PageSettings {
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("the path of the page must be like /ui");
        }
        if (maxSessions < 1 || maxSessionsOfClient < 1 || idle.isNegative() || idle.compareTo(longest) > 0) {
            throw new IllegalArgumentException("sessions must be 1 or more, and not idle for longer than they last");
        }
        if (!traceLink.isEmpty() && !isTraceLink(traceLink)) {
            throw new InvalidValueException(
                    "format", "must be a URL with http: or https: and {traceId}, its other braces encoded", List.of());
        }
    }

    private static boolean isTraceLink(String link) {
        try {
            URI url = new URI(link.replace(TRACE_ID, "0"));
            return link.contains(TRACE_ID)
                    && url.getHost() != null
                    && ("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    /**
     * At {@code /ui}: 500 sessions, 20 of a client, half an hour without use, twelve hours in all; no actions, no
     * links.
     */
    public static PageSettings defaults() {
        return new PageSettings("/ui", 500, 20, Duration.ofMinutes(30), Duration.ofHours(12), false, "");
    }

    /** The same, with actions or without. */
    public PageSettings withActions(boolean other) {
        return new PageSettings(path, maxSessions, maxSessionsOfClient, idle, longest, other, traceLink);
    }

    /** The same, with links to traces; empty for none. */
    public PageSettings withTraceLink(String other) {
        return new PageSettings(path, maxSessions, maxSessionsOfClient, idle, longest, actions, other);
    }
}
