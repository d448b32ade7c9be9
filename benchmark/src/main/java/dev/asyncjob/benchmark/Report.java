package dev.asyncjob.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The results: printed at once, and written to a file as the tables of docs/benchmarks.md. */
final class Report {
    private static final Path FILE = Benchmark.TARGET.resolve("results.md");

    private final long start = System.nanoTime();
    private final List<String> environment = new ArrayList<>();
    private final List<String> ratios = new ArrayList<>();
    private final List<String> facts = new ArrayList<>();

    /** Reports the command, the commit and the machine. */
    void machine(String arguments) throws IOException {
        property("`benchmark/run " + arguments + "` at commit " + commit());
        property("%d cores, %s %s, Java %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        Runtime.version()));
    }

    private static String commit() throws IOException {
        Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").start();
        return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** Reports a property of the environment. */
    void property(String text) throws IOException {
        System.out.println("# " + text);
        environment.add(text);
        write();
    }

    /** Prints progress with the elapsed time; the file does not have it. */
    void progress(String format, Object... values) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        System.out.printf(Locale.ROOT, "  %2d:%02d ", seconds / 60, seconds % 60);
        System.out.printf(Locale.ROOT, format + "%n", values);
    }

    /** Reports a ratio from one sample per round of each side. */
    void ratio(Figure figure, List<Double> as, List<Double> bs) throws IOException {
        List<Double> perRound = new ArrayList<>();
        for (int i = 0; i < as.size(); i++) {
            perRound.add(as.get(i) / bs.get(i));
        }
        Stats ratio = Stats.of(perRound);
        double a = Stats.of(as).median();
        double b = Stats.of(bs).median();
        System.out.printf(
                Locale.ROOT,
                "ratio %s %.2f (A=%.0f B=%.0f %s, %.2f..%.2f over %d rounds)%n",
                figure.name(),
                ratio.median(),
                a,
                b,
                figure.unit(),
                ratio.min(),
                ratio.max(),
                as.size());
        ratios.add(String.format(
                Locale.ROOT,
                "| `%s` | %.2f | %.2f to %.2f | %s: %,.0f | %s: %,.0f | %s |",
                figure.name(),
                ratio.median(),
                ratio.min(),
                ratio.max(),
                figure.a().name(),
                a,
                figure.b().name(),
                b,
                figure.unit()));
        write();
    }

    /** Reports a figure that is not a ratio. */
    void fact(String name, String format, Object... values) throws IOException {
        String text = String.format(Locale.ROOT, format, values);
        System.out.println("figure " + name + " " + text);
        facts.add("| `" + name + "` | " + text + " |");
        write();
    }

    private void write() throws IOException {
        List<String> lines = new ArrayList<>();
        environment.forEach(text -> lines.add("- " + text));
        if (!ratios.isEmpty()) {
            lines.addAll(List.of("", "| figure | A / B | range | A | B | unit |", "|---|---|---|---|---|---|"));
            lines.addAll(ratios);
        }
        if (!facts.isEmpty()) {
            lines.addAll(List.of("", "| figure | measured |", "|---|---|"));
            lines.addAll(facts);
        }
        Files.write(FILE, lines);
    }
}
