package dev.asyncjob.ui;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The filters of a list as they stand in the URL: those of {@code GET /jobs}, and the place after which the page
 * begins. An empty text is no filter, since forms send empty fields. Immutable.
 *
 * @param sent the texts of the filters that were sent, also of those that are not valid
 * @param filter the filters that are valid
 * @param broken what is not valid
 */
record JobQuery(Map<String, String> sent, JobFilter filter, List<Fault> broken) {
    /** Jobs on a page if the URL has no {@code limit}. */
    static final int DEFAULT_LIMIT = 50;

    /** The names of the filters, without the place. */
    static final List<String> FILTERS = List.of("status", "kind", "owner", "reference", "overdue", "limit");

    /** The name of the place after which a page begins. */
    static final String AFTER = "after";

    /** Reads the first value of each parameter that it knows; others are nothing. */
    static JobQuery of(Map<String, List<String>> query) {
        Map<String, String> sent = new LinkedHashMap<>();
        for (String name : FILTERS) {
            String text = query.getOrDefault(name, List.of("")).get(0);
            if (!text.isEmpty()) {
                sent.put(name, text);
            }
        }
        Reading reading = new Reading(sent);
        JobFilter filter = new JobFilter(
                reading.value("status", Word.STATUS, JobStatus::valueOf),
                reading.value("kind", Word.KIND, JobKind::new),
                reading.value("owner", Word.OWNER, Owner::new),
                reading.value("reference", Word.REFERENCE, Reference::new),
                reading.value("overdue", Word.OVERDUE, JobQuery::flag),
                null,
                DEFAULT_LIMIT);
        JobFilter limited = reading.value("limit", Word.PAGE_SIZE, text -> filter.withLimit(number(text)));
        JobFilter whole = limited == null ? filter : limited;
        String after = query.getOrDefault(AFTER, List.of("")).get(0);
        JobFilter.Place place = after.isEmpty() ? null : reading.read(Word.PLACE, after, JobQuery::place);
        return new JobQuery(sent, place == null ? whole : whole.after(place), reading.broken);
    }

    private record Reading(Map<String, String> sent, List<Fault> broken) {
        Reading(Map<String, String> sent) {
            this(sent, new ArrayList<>());
        }

        <T> @Nullable T value(String name, Word label, Function<String, T> value) {
            String text = sent.get(name);
            return text == null ? null : read(label, text, value);
        }

        <T> @Nullable T read(Word label, String text, Function<String, T> value) {
            try {
                return value.apply(text);
            } catch (IllegalArgumentException | DateTimeException e) {
                broken.add(new Fault(label, e));
                return null;
            }
        }
    }

    private static boolean flag(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("neither true nor false");
        }
        return text.equals("true");
    }

    private static int number(String text) {
        return text.length() > 3 ? JobFilter.MAX_LIMIT + 1 : Integer.parseInt(text);
    }

    /**
     * Reads a place.
     *
     * @throws IllegalArgumentException if the text is none
     * @throws DateTimeException likewise
     */
    static JobFilter.Place place(String text) {
        String[] parts = text.split("_", 2);
        try {
            return new JobFilter.Place(Instant.parse(parts[0]), JobId.parse(parts[parts.length - 1]));
        } catch (InvalidValueException e) { // a place comes from a link, so its rules are not explained
            throw new IllegalArgumentException(e);
        }
    }

    String text(String name) {
        return sent.getOrDefault(name, "");
    }

    /** Returns the query of the same filters from the first page on; empty without filters. */
    String first() {
        StringBuilder query = new StringBuilder();
        sent.forEach((name, text) -> query.append(query.isEmpty() ? '?' : '&')
                .append(name)
                .append('=')
                .append(URLEncoder.encode(text, StandardCharsets.UTF_8)));
        return query.toString();
    }

    /** Returns the query of the page after a place. */
    String after(JobFilter.Place place) {
        String first = first();
        return first + (first.isEmpty() ? '?' : '&') + AFTER + "=" + place.createdAt() + "_" + place.id();
    }
}
