package dev.asyncjob.http.internal.exchange;

import java.util.Collection;
import java.util.List;
import org.eclipse.jetty.http.ComplianceViolation;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpCompliance.Violation;
import org.eclipse.jetty.http.QuotedCSV;

/** The elements of a header whose value is a list (RFC 9110 section 5.6.1). */
final class HeaderList {
    /** Unreadable elements are ignored instead of refused. */
    private static final HttpCompliance LENIENT = HttpCompliance.RFC9110.with(
            "LENIENT_LISTS", Violation.WHITESPACE_IN_PARAMETER, Violation.BAD_QUOTES_IN_TOKEN);

    private HeaderList() {}

    /** The elements in order, with their quotes and without white space around their parts. */
    static List<String> of(Collection<String> lines) {
        return lines.stream().flatMap(line -> elements(line).stream()).toList();
    }

    private static List<String> elements(String line) {
        try {
            return new QuotedCSV(LENIENT, ComplianceViolation.Listener.NOOP, true, line).getValues();
        } catch (IndexOutOfBoundsException e) { // Jetty's parser fails at an element that begins with a parameter
            return List.of();
        }
    }
}
