package dev.asyncjob.http.internal.exchange;

import io.javalin.http.Context;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the {@code Prefer} header (RFC 7240), of which this API supports {@code wait}. */
public final class Prefer {
    private static final Pattern WAIT = Pattern.compile("wait(?![^=;]).*", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECONDS = Pattern.compile("[^=;]+=(?:0*([0-9]+)|\"0*([0-9]+)\")(?:;.*)?");

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
        granted.ifPresent(wait -> ctx.header("Preference-Applied", "wait=" + wait.toSeconds()));
        return granted;
    }

    /** States that the response is not deferred after all. */
    public static void refuseWait(Context ctx) {
        ctx.header("Preference-Applied", "wait=0");
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
