package dev.asyncjob.domain;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The checks that several values share. Each returns what it was given, or refuses it. */
final class Rules {
    private Rules() {}

    /** Refuses a text that is shorter or longer than allowed, counted in UTF-16 units. */
    static String length(String name, String text, int min, int max) {
        if (text.length() < min || text.length() > max) {
            throw new InvalidValueException(
                    "length",
                    "%s must have %d to %d characters".formatted(name, min, max),
                    List.of(Integer.toString(min), Integer.toString(max)));
        }
        return text;
    }

    /** Refuses a text that the pattern does not match from end to end; {@code meaning} says the pattern in words. */
    static String format(String name, String text, Pattern pattern, String meaning) {
        if (!pattern.matcher(text).matches()) {
            throw new InvalidValueException("format", name + " must be " + meaning, List.of(pattern.pattern()));
        }
        return text;
    }

    /** Refuses U+0000, which PostgreSQL cannot store, and half surrogate pairs, which UTF-8 cannot carry. */
    static String storable(String name, String text) {
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
        return text;
    }

    /** Refuses a number outside {@code min..max}. */
    static long range(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new InvalidValueException(
                    "range",
                    "%s must be %d to %d".formatted(name, min, max),
                    List.of(Long.toString(min), Long.toString(max)));
        }
        return value;
    }

    /** Refuses a duration outside {@code min..max}. */
    static Duration range(String name, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new InvalidValueException(
                    "range", "%s must be %s to %s".formatted(name, min, max), List.of(min.toString(), max.toString()));
        }
        return value;
    }
}
