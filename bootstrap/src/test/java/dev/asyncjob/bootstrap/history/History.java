package dev.asyncjob.bootstrap.history;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What happened, as events on one monotonic clock. A file of it has one line of JSON for its beginning and one for each
 * event. Safe for use from any thread.
 */
final class History {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    /**
     * What holds for a whole history.
     *
     * @param start when the clock of its events was 0, in milliseconds since 1970
     * @param retention how long an ended job can be read, in milliseconds
     */
    record Head(long start, long retention) {}

    private final Head head;
    private final long zero = System.nanoTime();
    private final List<Event> events = new ArrayList<>();

    History(Head head) {
        this.head = head;
    }

    /** Begins a history now. */
    static History begin(long retentionMillis) {
        return new History(new Head(System.currentTimeMillis(), retentionMillis));
    }

    Head head() {
        return head;
    }

    /** Returns the microseconds since it began. */
    long now() {
        return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - zero);
    }

    synchronized void add(Event event) {
        events.add(event);
    }

    /** Returns the events until now, in the order of their ends. */
    synchronized List<Event> events() {
        return List.copyOf(events);
    }

    synchronized int size() {
        return events.size();
    }

    /** Writes it to a file. */
    Path write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (BufferedWriter out = Files.newBufferedWriter(file)) {
                out.write(JSON.writeValueAsString(head) + "\n");
                for (Event event : events()) {
                    out.write(JSON.writeValueAsString(event) + "\n");
                }
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads what {@link #write} has written. */
    static History read(Path file) {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            History history = new History(JSON.readValue(in.readLine(), Head.class));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                history.add(JSON.readValue(line, Event.class));
            }
            return history;
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Parses a text that is JSON. */
    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + json, e);
        }
    }
}
