package dev.asyncjob.application.text;

import dev.asyncjob.domain.Explanation;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;

/**
 * An {@link Explanation} as one sentence in a language: its own words for plurals, months and units, and never those of
 * the JVM's default locale. Immutable.
 */
public abstract class ExplanationText implements Explanation.Cases<String> {
    ExplanationText() {}

    /** Returns the language as a tag of BCP 47. */
    public abstract String language();

    /** Returns an instant as a day and a time in UTC. */
    public abstract String at(Instant instant);

    /** Returns a time in its largest unit that is at least one and a half of itself. */
    public abstract String lasting(Duration time);

    /** Returns a number with a separator between its thousands. */
    public abstract String number(long number);

    /** Returns a number of jobs. */
    public abstract String jobs(long number);

    /** The units of time, from the largest that is at least one and a half of itself. */
    enum Unit {
        DAY(86_400),
        HOUR(3_600),
        MINUTE(60),
        SECOND(1);

        private final long seconds;

        Unit(long seconds) {
            this.seconds = seconds;
        }

        /** Returns the unit to name so many seconds in. */
        static Unit of(long seconds) {
            for (Unit unit : values()) {
                if (2 * seconds >= 3 * unit.seconds) {
                    return unit;
                }
            }
            return SECOND;
        }

        /** Returns the number of units, rounded up. */
        long count(long inSeconds) {
            return (inSeconds + seconds - 1) / seconds;
        }
    }

    /** Returns an instant as a day, with the name of its month, and a time in UTC. */
    static String instant(Instant instant, List<String> months, String afterYear) {
        ZonedDateTime utc = instant.atZone(ZoneOffset.UTC);
        return String.format(
                Locale.ROOT,
                "%d %s %d%s, %02d:%02d:%02d UTC",
                utc.getDayOfMonth(),
                months.get(utc.getMonthValue() - 1),
                utc.getYear(),
                afterYear,
                utc.getHour(),
                utc.getMinute(),
                utc.getSecond());
    }

    /** Returns a number with a separator between its thousands. */
    static String number(long number, char separator) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', separator);
    }

    /** Returns percent without a fraction. */
    static String percent(double progress) {
        return Long.toString(Math.round(progress));
    }
}
