package dev.asyncjob.benchmark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** Several sides at the same time: the sum of what they reach. */
record Together(String name, List<Side> sides) implements Side {
    @Override
    public Sample measure(Duration time) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(sides.size());
        try {
            List<Future<Sample>> asked = new ArrayList<>();
            for (Side side : sides) {
                asked.add(threads.submit(() -> side.measure(time)));
            }
            List<Sample> samples = new ArrayList<>();
            for (Future<Sample> one : asked) {
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
