package dev.asyncjob.http.internal.exchange;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What an {@code Accept} header asks for (RFC 9110 section 12.5.1), as far as this API offers it. */
public enum Representation {
    /** {@code application/json}, with errors in the contract's envelope. */
    JSON,
    /** {@code application/json}, with errors as {@code application/problem+json} (RFC 9457). */
    JSON_WITH_PROBLEMS,
    /** Nothing that is offered here. */
    NONE;

    /** Server-sent events (the HTML standard, section 9.2). */
    public static final String EVENTS = "text/event-stream";

    private static final String PROBLEM = "application/problem+json";
    private static final Pattern MEDIA_RANGE =
            Pattern.compile("\\*/\\*|[!#$%&'+.^_`|~0-9a-z-]+/(\\*|[!#$%&'+.^_`|~0-9a-z-]+)");

    /** Reads the header's lines. None, or lines in which no media range can be made out, mean that anything will do. */
    public static Representation of(Collection<String> accept) {
        List<String> ranges = ranges(accept);
        OptionalDouble json = quality(ranges, List.of("application/json", "application/*", "*/*"));
        double problem = quality(ranges, List.of(PROBLEM)).orElse(0);
        boolean jsonRefused = json.isPresent() && json.getAsDouble() == 0;
        if (!jsonRefused && problem > 0 && problem >= json.orElse(0)) {
            return JSON_WITH_PROBLEMS;
        }
        return ranges.isEmpty() || json.orElse(0) > 0 ? JSON : NONE;
    }

    /**
     * Whether server-sent events are wanted: asked for by name, and more than JSON by name. Who takes both alike gets
     * JSON.
     */
    public static boolean prefersEvents(Collection<String> accept) {
        List<String> ranges = ranges(accept);
        double events = quality(ranges, List.of(EVENTS)).orElse(0);
        return events > quality(ranges, List.of("application/json")).orElse(0);
    }

    private static List<String> ranges(Collection<String> accept) {
        return accept.stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(range -> range.strip().toLowerCase(Locale.ROOT))
                .filter(range -> MEDIA_RANGE.matcher(mediaType(range)).matches())
                .toList();
    }

    /** The quality of the first of these that was asked for; empty when none was. */
    private static OptionalDouble quality(List<String> ranges, List<String> mediaTypes) {
        for (String covering : mediaTypes) {
            for (String range : ranges) {
                if (mediaType(range).equals(covering)) {
                    return OptionalDouble.of(weight(range));
                }
            }
        }
        return OptionalDouble.empty();
    }

    private static String mediaType(String range) {
        int parameters = range.indexOf(';');
        return (parameters < 0 ? range : range.substring(0, parameters)).strip();
    }

    /** The {@code q} parameter; one that cannot be read counts as absent, hence 1. */
    private static double weight(String range) {
        for (String parameter : range.split(";", -1)) {
            String trimmed = parameter.strip();
            if (trimmed.matches("q=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)")) {
                return Double.parseDouble(trimmed.substring(2));
            }
        }
        return 1;
    }
}
