package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.asyncjob.bootstrap.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Runs the shell lines of the documentation. The server's commands run for real. A line of Maven would start the build
 * that is running, so its phases, profiles, modules and test classes are looked up; so are scripts and variables.
 */
final class ShellLines {
    private static final String JAR = "bootstrap/target/asyncjob.jar";
    private static final Set<String> PHASES = Set.of("clean", "test", "package", "verify", "spotless:apply");

    private final Path folder;
    private final Set<String> commandsRun = new HashSet<>();

    /** @param folder the working directory of the server's commands */
    ShellLines(Path folder) {
        this.folder = folder;
    }

    /** Returns the server's commands that ran. */
    Set<String> commandsRun() {
        return commandsRun;
    }

    /** Runs one block; its exported variables are valid until its end. */
    void run(MarkdownFile.Block block) {
        Map<String, String> environment = new HashMap<>();
        for (String line : block.content().lines().toList()) {
            for (String command : line.replaceFirst("(^|\\s+)#.*", "").split("&&", -1)) {
                if (!command.isBlank()) {
                    run(List.of(command.strip().split("\\s+")), environment);
                }
            }
        }
    }

    private void run(List<String> words, Map<String, String> environment) {
        switch (words.get(0)) {
            case "export" -> words.stream().skip(1).forEach(word -> export(word, environment));
            case "java" -> java(words, environment);
            case "mvn" -> maven(words);
            default -> script(words);
        }
    }

    private static void export(String assignment, Map<String, String> environment) {
        String[] parts = assignment.split("=", 2);
        Set<String> known = new HashSet<>();
        for (String key : Settings.keys().keySet()) {
            String name = "ASYNCJOB_" + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
            known.addAll(List.of(name, name + "_FILE"));
        }
        assertThat(known).contains(parts[0]);
        environment.put(parts[0], parts[1]);
    }

    private void java(List<String> words, Map<String, String> environment) {
        int jar = words.indexOf("-jar");
        assertThat(words.get(jar + 1)).isEqualTo(JAR);
        List<String> options = words.subList(1, jar);
        List<String> arguments = words.subList(jar + 2, words.size());
        commandsRun.add(arguments.get(0));
        if (Set.of("serve", "sandbox").contains(arguments.get(0))) {
            try (ServerProcess server = ServerProcess.start(folder, options, arguments.get(0), environment)) {
                assertThat(server.stop()).isZero();
            }
        } else {
            assertThat(ServerProcess.run(folder, environment, arguments.toArray(String[]::new))
                            .exitCode())
                    .as(String.join(" ", words))
                    .isZero();
        }
    }

    private static void maven(List<String> words) {
        List<String> phases = new ArrayList<>();
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-pl")) {
                for (String module : words.get(++i).split(",", -1)) {
                    assertThat(MarkdownFile.ROOT.resolve(module).resolve("pom.xml"))
                            .exists();
                }
            } else if (word.startsWith("-P")) {
                assertThat(poms()).contains("<id>" + word.substring(2) + "</id>");
            } else if (word.startsWith("-Dtest=") || word.startsWith("-Dit.test=")) {
                assertThat(testClasses()).contains(word.substring(word.indexOf('=') + 1) + ".java");
            } else if (!word.startsWith("-")) {
                phases.add(word);
            }
        }
        assertThat(PHASES).containsAll(phases);
        assertThat(phases).isNotEmpty();
    }

    private static String poms() {
        StringBuilder poms = new StringBuilder();
        for (Path pom : files("pom.xml")) {
            poms.append(MarkdownFile.read(pom).text());
        }
        return poms.toString();
    }

    private static List<String> testClasses() {
        return files(".java").stream()
                .filter(path -> path.toString().contains("/src/test/java/"))
                .map(path -> path.getFileName().toString())
                .toList();
    }

    private static List<Path> files(String end) {
        try (Stream<Path> paths = Files.walk(MarkdownFile.ROOT)) {
            return paths.filter(path -> path.toString().endsWith(end)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void script(List<String> words) {
        Path script = MarkdownFile.ROOT.resolve(words.get(0));
        if (!Files.isExecutable(script)) {
            fail("neither a command that is known here nor a script: " + words);
        }
        if (words.get(0).equals("benchmark/run") && !Set.of("quick", "full").contains(words.get(1))) {
            String sources = files(".java").stream()
                    .filter(path -> path.toString().contains("/benchmark/src/main/java/"))
                    .map(path -> MarkdownFile.read(path).text())
                    .reduce("", String::concat);
            assertThat(sources).contains('"' + words.get(1) + '"');
        }
    }
}
