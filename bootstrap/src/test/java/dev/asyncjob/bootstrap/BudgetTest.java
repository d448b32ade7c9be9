package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the main code of each module within its budget of lines (decisions 0039, 0060, 0063), and prints the lines. */
class BudgetTest {
    private static final int FILE_BUDGET = 300;

    /** The only place with these numbers; a change needs a decision that states what the lines buy. */
    private static final Map<String, Integer> BUDGETS = new LinkedHashMap<>();

    static {
        BUDGETS.put("domain", 3_615);
        BUDGETS.put("application", 5_860);
        BUDGETS.put("adapter-http", 9_625);
        BUDGETS.put("adapter-persistence", 10_560);
        BUDGETS.put("adapter-identity", 3_370);
        BUDGETS.put("adapter-callbacks", 1_005);
        BUDGETS.put("adapter-metrics", 455);
        BUDGETS.put("adapter-tracing", 600);
        BUDGETS.put("adapter-ui", 3_240);
        BUDGETS.put("bootstrap", 5_185);
        BUDGETS.put("client", 3_295);
    }

    @Test
    void every_module_is_within_its_budget() {
        List<String> exceeded = new ArrayList<>();
        StringBuilder table = new StringBuilder("lines of main code: module, lines, budget%n".formatted());
        BUDGETS.forEach((module, budget) -> {
            long lines = files(module).stream().mapToLong(BudgetTest::lines).sum();
            table.append("%20s %6d %6d%n".formatted(module, lines, budget));
            if (lines > budget) {
                exceeded.add(module + ": " + lines + " lines, budget " + budget);
            }
        });
        System.out.print(table);
        assertThat(exceeded).isEmpty();
    }

    @Test
    void no_file_is_long() {
        assertThat(Stream.concat(BUDGETS.keySet().stream(), Stream.of("testkit"))
                        .flatMap(module -> files(module).stream())
                        .filter(file -> lines(file) > FILE_BUDGET))
                .isEmpty();
    }

    private static List<Path> files(String module) {
        try (Stream<Path> paths = Files.walk(Path.of("..", module, "src", "main", "java"))) {
            return paths.filter(path -> path.toString().endsWith(".java")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long lines(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
