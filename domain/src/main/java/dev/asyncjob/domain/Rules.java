package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/** The checks that several values share. Each refuses an invalid value with {@link InvalidValueException}. */
final class Rules {
    private Rules() {}

    /** Refuses a text that is shorter or longer than allowed, counted in UTF-16 units. */
    static void length(String name, String text, int min, int max) {
        if (text.length() < min || text.length() > max) {
            throw new InvalidValueException(
                    "length",
                    name + " must have " + min + " to " + max + " characters",
                    List.of(Integer.toString(min), Integer.toString(max)));
        }
    }

    /** Refuses a text that the pattern does not match from end to end; {@code meaning} describes the pattern. */
    static void format(String name, String text, Pattern pattern, String meaning) {
        if (!pattern.matcher(text).matches()) {
            throw new InvalidValueException("format", name + " must be " + meaning, List.of(pattern.pattern()));
        }
    }

    /** Refuses U+0000, which PostgreSQL cannot store, and half surrogate pairs, which UTF-8 cannot carry. */
    static void storable(String name, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (c == 0 || (Character.isSurrogate(c) && !pair)) {
                throw new InvalidValueException(
                        "format", name + " must be text without U+0000 and without half surrogate pairs", List.of());
            }
            i += pair ? 1 : 0;
        }
    }

    /** Refuses a number outside {@code min..max}. */
    static void range(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new InvalidValueException(
                    "range", name + " must be " + min + " to " + max, List.of(Long.toString(min), Long.toString(max)));
        }
    }

    /** Refuses a duration outside {@code min..max}. */
    static void range(String name, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new InvalidValueException(
                    "range", name + " must be " + min + " to " + max, List.of(min.toString(), max.toString()));
        }
    }

    /** Refuses an instant after {@code latest}. */
    static void notAfter(String name, Instant value, Instant latest) {
        if (value.isAfter(latest)) {
            throw new InvalidValueException(
                    "range", name + " must be " + latest + " at the latest", List.of(latest.toString()));
        }
    }

    /** Refuses an instant that is not after {@code now}. */
    static void after(String name, Instant value, Instant now) {
        if (!value.isAfter(now)) {
            throw new InvalidValueException("range", name + " must be in the future", List.of());
        }
    }

    /**
     * Refuses a text of other characters than letters, digits and those in {@code more}, or that does not begin with a
     * letter or digit; used for values that are read with every row, since a pattern takes ten times as long.
     *
     * @param capitals whether capital letters are allowed
     */
    static void name(String name, String text, boolean capitals, String more, String meaning) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (capitals && c >= 'A' && c <= 'Z');
            if (!plain && (i == 0 || more.indexOf(c) < 0)) {
                String letters = (capitals ? "A-Z" : "") + "a-z0-9";
                throw new InvalidValueException(
                        "format", name + " must be " + meaning, List.of("[" + letters + "][" + letters + more + "]*"));
            }
        }
    }

    /** Refuses a text that is empty, too long or not visible ASCII. */
    static void visible(String name, String text, int max) {
        length(name, text, 1, max);
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '!' || text.charAt(i) > '~') {
                throw new InvalidValueException(
                        "format", name + " must be of visible ASCII characters", List.of("[!-~]*"));
            }
        }
    }

    /** Refuses a number outside 0 to 100. */
    static void percent(String name, double value) {
        if (!(value >= 0 && value <= 100)) {
            throw new InvalidValueException("range", name + " must be 0 to 100", List.of("0", "100"));
        }
    }
}
