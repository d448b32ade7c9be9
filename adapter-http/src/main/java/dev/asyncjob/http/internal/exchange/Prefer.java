package dev.asyncjob.http.internal.exchange;

import io.javalin.http.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a {@code Prefer} header asks for (RFC 7240), as far as this API grants it: to wait. */
public final class Prefer {
    private static final String WAIT = "wait";
    private static final Pattern SECONDS = Pattern.compile("([0-9]+)|\"([0-9]+)\"");

    /** Digits of a number that surely fits; who writes more means for ever. */
    private static final int DIGITS = 9;

    private Prefer() {}

    /**
     * How long this answer may be held, and tells the client so; in whole seconds, as the header has no finer.
     *
     * @param most what the server grants at most
     * @return empty if the client did not say
     */
    public static Optional<Duration> grantedWait(Context ctx, Duration most) {
        Optional<Duration> granted = wait(HttpExchange.headers(ctx, "Prefer"))
                .map(asked -> Duration.ofSeconds(Math.min(asked.toSeconds(), most.toSeconds())));
        granted.ifPresent(wait -> ctx.header("Preference-Applied", "wait=" + wait.toSeconds()));
        return granted;
    }

    /**
     * How long the client is ready to wait. Of several such preferences the first counts; one without a whole number of
     * seconds is as good as none.
     *
     * @param lines the header's lines in order, possibly none
     */
    public static Optional<Duration> wait(List<String> lines) {
        return lines.stream()
                .flatMap(line -> split(line, ','))
                .map(preference -> split(preference, ';').findFirst().orElse(""))
                .filter(preference -> name(preference).equalsIgnoreCase(WAIT))
                .findFirst()
                .flatMap(Prefer::seconds);
    }

    private static String name(String preference) {
        int equals = preference.indexOf('=');
        return (equals < 0 ? preference : preference.substring(0, equals)).strip();
    }

    private static Optional<Duration> seconds(String preference) {
        Matcher seconds = SECONDS.matcher(
                preference.substring(preference.indexOf('=') + 1).strip());
        return seconds.matches()
                ? Optional.of(capped(seconds.group(1) == null ? seconds.group(2) : seconds.group(1)))
                : Optional.empty();
    }

    private static Duration capped(String digits) {
        String significant = digits.replaceFirst("^0+(?=.)", "");
        return Duration.ofSeconds(significant.length() > DIGITS ? Integer.MAX_VALUE : Long.parseLong(significant));
    }

    /** The parts between separators that stand outside quoted strings. */
    private static Stream<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == separator && !quoted) {
                parts.add(text.substring(from, i));
                from = i + 1;
            }
        }
        parts.add(text.substring(from));
        return parts.stream();
    }
}
