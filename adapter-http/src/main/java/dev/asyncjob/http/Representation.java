package dev.asyncjob.http;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What an {@code Accept} header asks for (RFC 9110 section 12.5.1), as far as this API offers it. */
enum Representation {
    /** {@code application/json}, with errors in the contract's envelope. */
    JSON,
    /** {@code application/json}, with errors as {@code application/problem+json} (RFC 9457). */
    JSON_WITH_PROBLEMS,
    /** Nothing that is offered here. */
    NONE;

    private static final String PROBLEM = "application/problem+json";

    /** Reads the header's lines. None, or lines in which no media range can be made out, mean that anything will do. */
    static Representation of(Collection<String> accept) {
        List<String> ranges = accept.stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(range -> range.strip().toLowerCase(Locale.ROOT))
                .filter(range -> range.indexOf('/') > 0)
                .toList();
        double json = quality(ranges, "application/json");
        double problem = quality(ranges, PROBLEM);
        boolean namesProblem =
                ranges.stream().anyMatch(range -> mediaType(range).equals(PROBLEM));
        if (namesProblem && problem > 0 && problem >= json) {
            return JSON_WITH_PROBLEMS;
        }
        return ranges.isEmpty() || json > 0 ? JSON : NONE;
    }

    /** The quality of the most specific range that covers the type; 0 when none does. */
    private static double quality(List<String> ranges, String type) {
        for (String covering : List.of(type, "application/*", "*/*")) {
            for (String range : ranges) {
                if (mediaType(range).equals(covering)) {
                    return weight(range);
                }
            }
        }
        return 0;
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
