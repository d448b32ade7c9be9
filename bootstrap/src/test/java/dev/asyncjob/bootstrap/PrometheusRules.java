package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Runs promtool, the program of Prometheus, on the rules and alerts of the folder {@code monitoring}. */
final class PrometheusRules {
    /** Not a histogram, nor a quantile. */
    private static final Pattern SAMPLE =
            Pattern.compile("(asyncjob_[a-z_]+(?<!_bucket|_sum|_count|_max))(\\{.*})? (\\S+)");

    private PrometheusRules() {}

    static void promtool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(MonitoringFiles.FOLDER.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }

    /** The metrics of two nodes at a time. */
    record Scrape(String one, String other) {
        static Scrape of(ServerProcess one, ServerProcess other) {
            return new Scrape(one.metrics(), other.metrics());
        }

        private Map<String, Double> samples() {
            Map<String, Double> samples = new LinkedHashMap<>();
            add(samples, one, "one");
            add(samples, other, "other");
            return samples;
        }

        private static void add(Map<String, Double> samples, String text, String instance) {
            text.lines().map(SAMPLE::matcher).filter(line -> line.matches()).forEach(line -> {
                String labels = line.group(2) == null ? "{" : line.group(2).replace("}", ",");
                samples.put(line.group(1) + labels + "instance=\"" + instance + "\"}", Double.valueOf(line.group(3)));
            });
        }
    }

    /**
     * Asserts that an alert fires within half an hour in which each counter grows every 30 s as it did between two
     * scrapes, and gauges stay as they are, except that jobs that wait grow older; and that it does not where all stays
     * as it was at first.
     *
     * @param labels of the alert, such as {@code kind="mail"}; possibly empty
     */
    static void assertFires(Path folder, String alert, String labels, Scrape before, Scrape after)
            throws IOException, InterruptedException {
        String text = "rule_files:\n  - "
                + MonitoringFiles.FOLDER.resolve("rules.yaml").toAbsolutePath() + "\n  - "
                + MonitoringFiles.FOLDER.resolve("alerts.yaml").toAbsolutePath()
                + "\nevaluation_interval: 30s\ngroup_eval_order:\n  - asyncjob-rules\n  - asyncjob-alerts\ntests:\n"
                + test(alert, labels, before, before, 0) + test(alert, labels, before, after, 1);
        Path tests = folder.resolve(alert + ".yaml");
        Files.writeString(tests, text);
        promtool("test", "rules", tests.toAbsolutePath().toString());
    }

    private static String test(String alert, String labels, Scrape before, Scrape after, int firing) {
        Map<String, Double> first = before.samples();
        StringBuilder text = new StringBuilder("  - interval: 30s\n    input_series:\n");
        after.samples().forEach((series, value) -> {
            if (!value.isNaN()) {
                text.append("      - series: '" + series + "'\n        values: '" + value + "+"
                        + growth(series, value, first.getOrDefault(series, 0.0), firing > 0) + "x60'\n");
            }
        });
        text.append("    promql_expr_test:\n      - expr: count(ALERTS{alertname=\"" + alert
                + "\",alertstate=\"firing\"" + (labels.isEmpty() ? "" : "," + labels) + "})\n        eval_time: 30m\n");
        text.append(
                firing == 0
                        ? "        exp_samples: []\n"
                        : "        exp_samples:\n          - labels: '{}'\n            value: 1\n");
        return text.toString();
    }

    private static double growth(String series, double value, double before, boolean goesOn) {
        if (series.startsWith("asyncjob_oldest_waiting_seconds")) {
            return goesOn && value > 0 ? 30 : 0;
        }
        return series.contains("_total{") ? value - before : 0;
    }
}
