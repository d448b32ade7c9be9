package dev.asyncjob.domain;

import dev.asyncjob.domain.Simulation.Job;
import dev.asyncjob.domain.Simulation.Shape;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * How often clients ask and how late they know, for several ways to ask; the table of the README. Not one of the tests:
 * {@code mvn test -pl domain -Dtest=ForecastSimulation}.
 */
class ForecastSimulation {
    private static final int JOBS = 20_000;
    private static final long SEED = 20221024;
    private static final Duration CONFIGURED = Duration.ofSeconds(3);

    /** What came of asking for one job. */
    private record Asked(int requests, Duration delay) {}

    /** When a client that asked at {@code now} asks again. */
    @FunctionalInterface
    private interface Way {
        Instant next(Job job, Eta eta, Instant now);
    }

    @Test
    void table() {
        Forecast forecast = new Forecast(Forecast.SHARE, CONFIGURED);
        System.out.println(
                "| durations | queue | asking | requests per job | mean delay | delay p95 | ready at first `eta` |");
        System.out.println("|---|---|---|---|---|---|---|");
        for (Shape shape : Shape.values()) {
            for (boolean queue : new boolean[] {false, true}) {
                List<Job> jobs = Simulation.run(shape, queue, JOBS, SEED, forecast);
                print(shape, queue, "every 3 s", jobs, Job::expected, (job, eta, now) -> now.plusSeconds(3));
                print(
                        shape,
                        queue,
                        "at a constant `eta` of 3 s",
                        jobs,
                        job -> CONFIGURED,
                        (job, eta, now) -> eta.at(now));
                print(shape, queue, "at the learned `eta`", jobs, Job::expected, (job, eta, now) -> eta.at(now));
                print(shape, queue, "after `Retry-After`", jobs, Job::expected, ForecastSimulation::afterRetryAfter);
                print(shape, queue, "with `Prefer: wait=55`", jobs, Job::expected, ForecastSimulation::waiting);
            }
        }
    }

    private static Instant afterRetryAfter(Job job, Eta eta, Instant now) {
        JobId id =
                new JobId(new UUID(0x0184_0000_0000_7000L + job.number(), 0x8000_0000_0000_0000L + 31L * job.number()));
        AsyncJob.Pending pending =
                new AsyncJob.Pending(id, Examples.OWNER, Examples.KIND, Examples.LINKS, job.createdAt(), eta);
        return now.plusSeconds(new JobSnapshot(pending, now).retryAfter());
    }

    /** The answer comes when the job is ready, or else when the wait is over. */
    private static Instant waiting(Job job, Eta eta, Instant now) {
        Instant over = now.plusSeconds(55);
        return job.endedAt().isAfter(now) && job.endedAt().isBefore(over) ? job.endedAt() : over;
    }

    private static void print(
            Shape shape, boolean queue, String words, List<Job> jobs, Function<Job, Duration> forecast, Way way) {
        List<Duration> delays = new ArrayList<>();
        long requests = 0;
        int ready = 0;
        double took = 0;
        for (Job job : jobs) {
            Duration expected = forecast.apply(job);
            Asked asked = ask(job, Eta.after(job.createdAt(), expected), way);
            requests += asked.requests();
            delays.add(asked.delay());
            took += job.took().toNanos();
            ready += job.took().compareTo(expected) <= 0 ? 1 : 0;
        }
        Collections.sort(delays);
        double delay = delays.stream().mapToLong(Duration::toNanos).sum();
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.0f %% | %.1f s | %s |%n",
                shape.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                queue ? "80 % busy" : "none",
                words,
                (double) requests / jobs.size(),
                100 * delay / took,
                delays.get(delays.size() * 95 / 100).toMillis() / 1000.0,
                words.contains("eta") ? "%.0f %%".formatted(100.0 * ready / jobs.size()) : "");
    }

    private static Asked ask(Job job, Eta eta, Way way) {
        Instant now = job.createdAt();
        int requests = 0;
        do {
            now = way.next(job, eta, now);
            requests++;
        } while (now.isBefore(job.endedAt()));
        return new Asked(requests, Duration.between(job.endedAt(), now));
    }
}
