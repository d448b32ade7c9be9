package dev.asyncjob.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Warms up all sides of the figures, measures them alternately, round by round, and reports the ratios. */
final class Rounds {
    /** The number of sides that are warmed up concurrently, each for the full time. */
    private static final int CONCURRENT_WARM_UPS = 2;

    private Rounds() {}

    static void run(List<Figure> figures, Options options, Report report) throws Exception {
        Set<Side> sides = figures.stream()
                .flatMap(figure -> Stream.of(figure.a(), figure.b()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        List<Side> inOrder = List.copyOf(sides);
        for (int i = 0; i < inOrder.size(); i += CONCURRENT_WARM_UPS) {
            warmUp(inOrder.subList(i, Math.min(i + CONCURRENT_WARM_UPS, inOrder.size())), options, report);
        }
        Map<Side, List<Double>> values =
                sides.stream().collect(Collectors.toMap(Function.identity(), side -> new ArrayList<>()));
        for (int round = 0; round < options.rounds(); round++) {
            for (Side side : sides) {
                Sample sample = side.measure(options.round()).orThrow();
                report.progress("%-32s %8.0f %s", side.name(), sample.value(), sample.detail());
                Objects.requireNonNull(values.get(side)).add(sample.value());
            }
        }
        for (Figure figure : figures) {
            report.ratio(
                    figure,
                    Objects.requireNonNull(values.get(figure.a())),
                    Objects.requireNonNull(values.get(figure.b())));
        }
    }

    /** Warms up all of these sides concurrently. */
    static void warmUp(List<Side> sides, Options options, Report report) throws Exception {
        report.progress("warming up %s", sides.stream().map(Side::name).collect(Collectors.joining(" | ")));
        ExecutorService threads = Executors.newFixedThreadPool(sides.size());
        try {
            List<Future<?>> all = new ArrayList<>();
            for (Side side : sides) {
                all.add(threads.submit(() -> warmUp(side, options)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    private static @Nullable Void warmUp(Side side, Options options) throws Exception {
        long end = System.nanoTime() + options.warmUp().toNanos();
        for (long left = options.warmUp().toNanos(); left > 0; left = end - System.nanoTime()) {
            long next = Math.min(left, Math.max(options.round().toNanos(), TimeUnit.SECONDS.toNanos(1)));
            side.measure(Duration.ofNanos(next));
        }
        return null;
    }
}
