package dev.asyncjob.http.internal.exchange;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The representation that an {@code Accept} header selects (RFC 9110 section 12.5.1) of those that this API offers.
 *
 * <p>Jetty's {@code QuotedQualityCSV} would sort by quality, but it drops elements of quality 0, and a refused
 * representation would look like one that is not named.
 */
public enum Representation {
    /** {@code application/json}, with errors in the contract's envelope. */
    JSON,
    /** {@code application/json}, with errors as {@code application/problem+json} (RFC 9457). */
    JSON_WITH_PROBLEMS,
    /** None of the offered representations is acceptable. */
    NONE;

    /** Server-sent events (the HTML standard, section 9.2). */
    public static final String EVENTS = "text/event-stream";

    /** Metrics (the OpenMetrics specification 1.0, "Media type"). */
    public static final String OPEN_METRICS = "application/openmetrics-text";

    private static final String PROBLEM = "application/problem+json";
    private static final Pattern MEDIA_RANGE =
            Pattern.compile("\\*/\\*|[!#$%&'+.^_`|~0-9a-z-]+/(\\*|[!#$%&'+.^_`|~0-9a-z-]+)");

    /** The representation of errors and bodies; without a readable media range everything is acceptable. */
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
     * Whether the client prefers server-sent events: it names them, with a higher quality than JSON. With equal
     * qualities it receives JSON.
     */
    public static boolean prefersEvents(Collection<String> accept) {
        List<String> ranges = ranges(accept);
        double events = quality(ranges, List.of(EVENTS)).orElse(0);
        return events > quality(ranges, List.of("application/json")).orElse(0);
    }

    /** Whether the client prefers the OpenMetrics text format to the text format of Prometheus. */
    public static boolean prefersOpenMetrics(Collection<String> accept) {
        List<String> ranges = ranges(accept);
        double open = quality(ranges, List.of(OPEN_METRICS)).orElse(0);
        return open > quality(ranges, List.of("text/plain")).orElse(0);
    }

    private static List<String> ranges(Collection<String> accept) {
        return HeaderList.of(accept).stream()
                .map(range -> range.toLowerCase(Locale.ROOT))
                .filter(range -> MEDIA_RANGE.matcher(mediaType(range)).matches())
                .toList();
    }

    /** The quality of the first of these media ranges that the client names; empty if it names none. */
    private static OptionalDouble quality(List<String> ranges, List<String> mediaTypes) {
        return mediaTypes.stream()
                .flatMap(covering ->
                        ranges.stream().filter(range -> mediaType(range).equals(covering)))
                .mapToDouble(Representation::weight)
                .findFirst();
    }

    private static String mediaType(String range) {
        return range.split(";", 2)[0];
    }

    /** The {@code q} parameter; an unreadable one counts as absent, hence 1. */
    private static double weight(String range) {
        return Stream.of(range.split(";", -1))
                .filter(parameter -> parameter.matches("q=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)"))
                .mapToDouble(parameter -> Double.parseDouble(parameter.substring(2)))
                .findFirst()
                .orElse(1);
    }
}
