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

/** Warms all sides of some figures up, measures them in turn, round by round, and reports. */
final class Rounds {
    /** Sides that are warmed up at the same time, each for as long as it is said. */
    private static final int AT_ONCE = 2;

    private Rounds() {}

    static void run(List<Figure> figures, Options options, Report report) throws Exception {
        Set<Side> sides = figures.stream()
                .flatMap(figure -> Stream.of(figure.a(), figure.b()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        List<Side> inOrder = List.copyOf(sides);
        for (int i = 0; i < inOrder.size(); i += AT_ONCE) {
            warmUp(inOrder.subList(i, Math.min(i + AT_ONCE, inOrder.size())), options, report);
        }
        Map<Side, List<Double>> values =
                sides.stream().collect(Collectors.toMap(Function.identity(), side -> new ArrayList<>()));
        for (int round = 0; round < options.rounds(); round++) {
            for (Side side : sides) {
                Sample sample = side.measure(options.round()).orThrow();
                report.remark("%-32s %8.0f %s", side.name(), sample.value(), sample.detail());
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

    /** All of these at the same time. */
    static void warmUp(List<Side> some, Options options, Report report) throws Exception {
        report.remark("warming up %s", some.stream().map(Side::name).collect(Collectors.joining(" | ")));
        ExecutorService threads = Executors.newFixedThreadPool(some.size());
        try {
            List<Future<?>> all = new ArrayList<>();
            for (Side side : some) {
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
