package dev.asyncjob.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** Several sides that are measured concurrently; the value is the sum of their values. */
record ConcurrentSides(String name, List<Side> sides) implements Side {
    @Override
    public Sample measure(Duration time) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(sides.size());
        try {
            List<Future<Sample>> measurements = new ArrayList<>();
            for (Side side : sides) {
                measurements.add(threads.submit(() -> side.measure(time)));
            }
            List<Sample> samples = new ArrayList<>();
            for (Future<Sample> one : measurements) {
                samples.add(one.get());
            }
            return new Sample(
                    samples.stream().mapToDouble(Sample::value).sum(),
                    samples.stream().mapToInt(Sample::errors).sum(),
                    samples.stream().map(Sample::detail).collect(Collectors.joining(" | ")));
        } finally {
            threads.shutdown();
        }
    }
}
