package dev.asyncjob.benchmark;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** A child JVM, which this JVM kills when it exits; its standard error goes to a file. */
final class JavaProcess implements Closeable {
    private static final Set<Process> ALIVE = ConcurrentHashMap.newKeySet();
    private static final Path LOGS = Benchmark.TARGET.resolve("logs");

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALIVE.forEach(Process::destroyForcibly)));
    }

    private final String name;
    private final Process process;
    private final Path log;
    private final BufferedReader out;
    private final Writer in;

    private JavaProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.in = process.outputWriter(StandardCharsets.UTF_8);
        ALIVE.add(process);
    }

    /** Starts a class of this module. */
    static JavaProcess main(Path java, Class<?> main, List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return start(main.getSimpleName(), java, command, Map.of());
    }

    /** Starts a jar with these environment variables and no other {@code ASYNCJOB_} variables. */
    static JavaProcess jar(Path java, Path jar, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("-jar", jar.toString()));
        command.addAll(List.of(arguments));
        return start(jar.getFileName().toString(), java, command, environment);
    }

    private static JavaProcess start(String name, Path java, List<String> arguments, Map<String, String> environment)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(arguments);
        Files.createDirectories(LOGS);
        Path log = Files.createTempFile(LOGS, name + "-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("ASYNCJOB_"));
        builder.environment().putAll(environment);
        return new JavaProcess(name, builder.start(), log);
    }

    /** Returns the {@code java} executable of this process. */
    static Path sameJava() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Reads lines until one begins with {@code prefix} and returns its remainder. */
    String await(String prefix) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(prefix)) {
                return line.substring(prefix.length());
            }
        }
        throw new IllegalStateException(name + " ended without '" + prefix + "': " + Files.readString(log));
    }

    /** Writes a line and reads one. */
    String exchange(String command) throws IOException {
        in.write(command + "\n");
        in.flush();
        return await("");
    }

    /** Returns the output until the process exits. */
    String output() {
        return out.lines().collect(Collectors.joining("\n"));
    }

    /** Returns the CPU time that the process has used so far. */
    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Returns the current resident memory in MB. */
    double residentMb() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / 1024.0;
    }

    /** Kills the process and deletes its log. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly().onExit().join();
        ALIVE.remove(process);
        Files.deleteIfExists(log);
    }
}
