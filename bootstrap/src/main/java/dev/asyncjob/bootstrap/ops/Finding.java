package dev.asyncjob.bootstrap.ops;

import java.util.Locale;

/**
 * What the examination of one thing found.
 *
 * @param subject what was examined, in one or two words
 * @param text what it is like, in one line without a secret
 * @param remedy what to do; empty if there is nothing to do
 */
public record Finding(Level level, String subject, String text, String remedy) {
    /** How bad it is. */
    public enum Level {
        /** Nothing to do. */
        OK(0),

        /** The server works, but not as well or not as long as it should. */
        WARNING(1),

        /** The server does not start, or does not work. */
        FAULT(2);

        private final int exitCode;

        Level(int exitCode) {
            this.exitCode = exitCode;
        }

        /** Returns the exit code of a command that finds nothing worse. */
        public int exitCode() {
            return exitCode;
        }
    }

    static Finding ok(String subject, String text) {
        return new Finding(Level.OK, subject, text, "");
    }

    static Finding warning(String subject, String text, String remedy) {
        return new Finding(Level.WARNING, subject, text, remedy);
    }

    /** A fault. */
    public static Finding fault(String subject, String text, String remedy) {
        return new Finding(Level.FAULT, subject, text, remedy);
    }

    /** Returns this finding, or that the same subject is good if it is. */
    Finding unless(boolean good, String goodText) {
        return good ? ok(subject, goodText) : this;
    }

    /** Returns it as a line, and the remedy as a second. */
    public String lines() {
        String line = "%-8s %-14s %s".formatted(level.name().toLowerCase(Locale.ROOT), subject, text);
        return remedy.isEmpty() ? line : line + System.lineSeparator() + " ".repeat(24) + remedy;
    }
}
