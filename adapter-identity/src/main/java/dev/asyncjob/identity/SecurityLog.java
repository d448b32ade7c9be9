package dev.asyncjob.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.asyncjob.application.access.Authenticator;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes changes of clients and keys to the {@linkplain Authenticator#SECURITY_LOG security log}. */
final class SecurityLog {
    /** Entries of a list in a line at most. */
    static final int MAX_LISTED = 100;

    private static final Logger LOG = System.getLogger(Authenticator.SECURITY_LOG);
    private static final JsonMapper JSON = new JsonMapper();

    private SecurityLog() {}

    /**
     * Writes a line of JSON.
     *
     * @param event what happened, in letters and hyphens
     * @param fields more about it: texts, or collections of texts; no secrets
     */
    static void write(Instant at, String event, Map<String, ?> fields) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", at.truncatedTo(ChronoUnit.MILLIS).toString());
        line.put("event", event);
        fields.forEach((name, value) -> line.put(name, value instanceof Collection<?> all ? some(all) : value));
        try {
            LOG.log(Level.INFO, JSON.writeValueAsString(line));
        } catch (JsonProcessingException e) {
            throw new AssertionError("texts can always be written", e);
        }
    }

    /**
     * Writes what was added and what was removed, unless that is nothing.
     *
     * @param before names by values, which are compared
     * @param after likewise
     */
    static void writeChange(Instant at, String event, Map<String, String> before, Map<String, String> after) {
        Map<String, String> added = new LinkedHashMap<>(after);
        added.keySet().removeAll(before.keySet());
        Map<String, String> removed = new LinkedHashMap<>(before);
        removed.keySet().removeAll(after.keySet());
        if (!added.isEmpty() || !removed.isEmpty()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("added", added.values());
            fields.put("removed", removed.values());
            write(at, event, fields);
        }
    }

    private static List<?> some(Collection<?> all) {
        List<Object> some = new ArrayList<>(all.stream().limit(MAX_LISTED).toList());
        if (all.size() > MAX_LISTED) {
            some.add("and %s more".formatted(all.size() - MAX_LISTED));
        }
        return some;
    }
}
