package dev.asyncjob.http.internal.exchange;

import dev.asyncjob.http.settings.StatusExtra;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the {@code Prefer} header (RFC 7240), of which this API supports {@code wait} and {@code include}. */
public final class Prefer {
    private static final Pattern WAIT = Pattern.compile("wait(?![^=;]).*", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECONDS = Pattern.compile("[^=;]+=(?:0*([0-9]+)|\"0*([0-9]+)\")(?:;.*)?");

    private static final Pattern INCLUDE_NAME = Pattern.compile("include(?![^=;]).*", Pattern.CASE_INSENSITIVE);
    private static final Pattern INCLUDE = Pattern.compile("[^=;]+=(?:\"([^\"]*)\"|([^\";]*))(?:;.*)?");

    private static final String APPLIED = "Preference-Applied";

    /** More digits than these are read as a wait without end. */
    private static final int MAX_DIGITS = 9;

    private Prefer() {}

    /**
     * The time for which the response may be deferred, in whole seconds, as the header has no finer unit. Sets
     * {@code Preference-Applied}.
     *
     * @param max the longest time that the server grants
     * @return empty without such a preference
     */
    public static Optional<Duration> grantedWait(Context ctx, Duration max) {
        Optional<Duration> granted = wait(HttpExchange.headers(ctx, "Prefer"))
                .map(preferred -> Duration.ofSeconds(Math.min(preferred.toSeconds(), max.toSeconds())));
        granted.ifPresent(wait -> applied(ctx, wait.toSeconds()));
        return granted;
    }

    /** States that the response is not deferred after all. */
    public static void refuseWait(Context ctx) {
        applied(ctx, 0);
    }

    /** States the wait, before the extras that {@link #include} may have stated. */
    private static void applied(Context ctx, long seconds) {
        String stated = Objects.requireNonNullElse(ctx.res().getHeader(APPLIED), "");
        int extras = stated.indexOf("include=");
        ctx.header(APPLIED, "wait=" + seconds + (extras < 0 ? "" : ", " + stated.substring(extras)));
    }

    /**
     * The extras of the response: those that all responses have, and those that the client asks for. States the latter,
     * and that they select the response.
     *
     * @param always the extras of all responses
     */
    public static Set<StatusExtra> include(Context ctx, Set<StatusExtra> always) {
        Set<StatusExtra> asked = include(HttpExchange.headers(ctx, "Prefer"));
        if (asked.isEmpty()) {
            return always;
        }
        String names = asked.stream().map(StatusExtra::text).collect(Collectors.joining(","));
        ctx.header(APPLIED, "include=\"" + names + '"');
        ctx.header("Vary", HttpExchange.VARY + ", Prefer");
        asked.addAll(always);
        return asked;
    }

    /**
     * The extras that the client asks for. The first such preference counts; names that are not known are ignored.
     *
     * @param lines the lines of the header, in order
     */
    public static Set<StatusExtra> include(List<String> lines) {
        return HeaderList.of(lines).stream()
                .filter(preference -> INCLUDE_NAME.matcher(preference).matches())
                .findFirst()
                .map(INCLUDE::matcher)
                .filter(Matcher::matches)
                .map(names -> names.group(1) == null ? names.group(2) : names.group(1))
                .stream()
                .flatMap(names -> Stream.of(names.split(",", -1)))
                .flatMap(name -> StatusExtra.named(name.strip()).stream())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(StatusExtra.class)));
    }

    /**
     * The time for which the client is willing to wait. The first such preference counts; one without a whole number of
     * seconds is ignored, as RFC 7240 section 2 demands.
     *
     * @param lines the lines of the header, in order
     */
    public static Optional<Duration> wait(List<String> lines) {
        return HeaderList.of(lines).stream()
                .filter(preference -> WAIT.matcher(preference).matches())
                .findFirst()
                .map(SECONDS::matcher)
                .filter(Matcher::matches)
                .map(seconds -> seconds.group(1) == null ? seconds.group(2) : seconds.group(1))
                .map(digits -> digits.length() > MAX_DIGITS ? Integer.MAX_VALUE : Long.parseLong(digits))
                .map(Duration::ofSeconds);
    }
}
