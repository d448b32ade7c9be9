package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Another Java process that a test starts, reads and ends.
 *
 * <p>A thread reads its standard output, so that the process never waits for the test. {@link #close()} kills it, and
 * so does the end of this JVM. Safe for use from any thread.
 */
public final class JavaProcess implements AutoCloseable {
    /** The time limit of waits without one of their own. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Process process;
    private final BufferedWriter input;
    private final List<String> lines = new ArrayList<>();
    private int consumed;
    private boolean ended;

    private JavaProcess(Process process) {
        this.process = process;
        this.input = process.outputWriter(UTF_8);
        Thread reader = new Thread(this::readOutput, "output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Describes a process that runs a main class on the class path of the tests. */
    public static Command of(Class<?> mainClass, String... arguments) {
        return new Command(List.of(mainClass.getName()), arguments)
                .options("-XX:+UseSerialGC", "-Xmx256m")
                .classPath(testClassPath());
    }

    /** Returns the class path of the tests. */
    public static String testClassPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Describes a process that runs a jar. */
    public static Command of(Path jar, String... arguments) {
        return new Command(List.of("-jar", jar.toString()), arguments);
    }

    /** What to start: options of the JVM, environment, folder, and what else differs from the defaults. */
    public static final class Command {
        private final List<String> program;
        private final List<String> prefix = new ArrayList<>();
        private final List<String> options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1"));
        private final Map<String, String> environment = new HashMap<>(System.getenv());
        private @Nullable Path folder;
        private ProcessBuilder.Redirect errors = ProcessBuilder.Redirect.INHERIT;

        private Command(List<String> program, String... arguments) {
            this.program = new ArrayList<>(program);
            this.program.addAll(List.of(arguments));
        }

        /** Adds options of the JVM. */
        public Command options(String... more) {
            options.addAll(List.of(more));
            return this;
        }

        /** Sets the class path, instead of that of the tests. */
        public Command classPath(String classPath) {
            return options("-cp", classPath);
        }

        /** Adds environment variables. */
        public Command environment(Map<String, String> more) {
            environment.putAll(more);
            return this;
        }

        /** Removes the inherited environment variables whose name begins with a prefix. */
        public Command withoutEnvironment(String namePrefix) {
            environment.keySet().removeIf(name -> name.startsWith(namePrefix));
            return this;
        }

        /** Sets the working folder, instead of that of the tests. */
        public Command folder(Path newFolder) {
            folder = newFolder;
            return this;
        }

        /** Adds words in front of the command, such as a shell that sets limits and then executes its arguments. */
        public Command through(String... words) {
            prefix.addAll(List.of(words));
            return this;
        }

        /** Writes standard error to a file, instead of that of the tests. */
        public Command errorsTo(Path file) {
            errors = ProcessBuilder.Redirect.to(file.toFile());
            return this;
        }

        /** Starts the process. */
        public JavaProcess start() {
            List<String> words = new ArrayList<>(prefix);
            words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            words.addAll(options);
            words.addAll(program);
            ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors);
            if (folder != null) {
                builder.directory(folder.toFile());
            }
            builder.environment().clear();
            builder.environment().putAll(environment);
            try {
                Process process = builder.start();
                RUNNING.add(process);
                var unused = process.onExit().thenAccept(RUNNING::remove);
                return new JavaProcess(process);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void readOutput() {
        try (BufferedReader reader = process.inputReader(UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line);
            }
        } catch (IOException e) {
            add("cannot read further: " + e);
        } finally {
            end();
        }
    }

    private synchronized void add(String line) {
        lines.add(line);
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    private synchronized void await(BooleanSupplier condition, Duration limit, String purpose) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("no " + purpose + " within " + limit + ", but: " + lines);
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Writes a line to its standard input. */
    public void writeLine(String line) throws IOException {
        input.write(line + "\n");
        input.flush();
    }

    /** Waits for the next line of its output that was not returned yet; null when there is none after its end. */
    public synchronized @Nullable String nextLine() {
        await(() -> consumed < lines.size() || ended, LIMIT, "line");
        return consumed < lines.size() ? lines.get(consumed++) : null;
    }

    /** Waits for the end of its output and returns the lines that {@link #nextLine()} has not returned. */
    public synchronized List<String> remainingLines() {
        await(() -> ended, LIMIT, "end of output");
        List<String> rest = List.copyOf(lines.subList(consumed, lines.size()));
        consumed = lines.size();
        return rest;
    }

    /** Waits for a line, among all lines of its output, and returns the first that matches. */
    public synchronized String awaitLine(Predicate<String> matching, Duration limit) {
        await(() -> ended || lines.stream().anyMatch(matching), limit, "such line");
        return lines.stream()
                .filter(matching)
                .findFirst()
                .orElseThrow(() -> new AssertionError("it ended without such line, but: " + lines));
    }

    /** Returns all lines of its output until now. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** Waits for its end and returns its exit code. */
    public int waitFor(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("process " + pid() + " has not ended within " + limit);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Asks it to end, by SIGTERM, and does not wait; its output until its end can still be read. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Kills it, as {@code kill -9} does, and does not wait; its output until its end can still be read. */
    public void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Suspends it, by SIGSTOP. */
    public void suspend() {
        signal("-STOP");
    }

    /** Resumes it after {@link #suspend()}. */
    public void resume() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            new ProcessBuilder("kill", signal, Long.toString(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("cannot send " + signal, e);
        }
    }

    /** Returns its process id. */
    public long pid() {
        return process.pid();
    }

    /** Returns whether it is running. */
    public boolean isRunning() {
        return process.isAlive();
    }

    /** Kills it and waits for its end. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
