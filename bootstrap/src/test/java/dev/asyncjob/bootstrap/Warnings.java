package dev.asyncjob.bootstrap;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Collects the warnings of a class, which the log of the tests writes to standard error. */
public final class Warnings implements AutoCloseable {
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final String name;

    /** Collects from now on. */
    public Warnings(Class<?> of) {
        name = of.getSimpleName() + " - ";
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    }

    /** Returns the messages until now. */
    public List<String> lines() {
        return written.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" WARN ") && line.contains(name))
                .map(line -> line.substring(line.indexOf(name) + name.length()))
                .toList();
    }

    @Override
    public void close() {
        System.setErr(before);
    }
}
