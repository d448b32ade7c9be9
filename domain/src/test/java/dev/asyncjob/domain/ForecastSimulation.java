package dev.asyncjob.domain;

import dev.asyncjob.domain.Simulation.Job;
import dev.asyncjob.domain.Simulation.Shape;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Prints the requests per job and the delay of clients for several ways of polling: the table of docs/benchmarks.md.
 * Its name keeps it out of the build; run it with {@code mvn test -pl domain -Dtest=ForecastSimulation}.
 */
class ForecastSimulation {
    private static final int JOBS = 20_000;
    private static final long SEED = 20221024;
    private static final Duration CONFIGURED = Duration.ofSeconds(3);

    /** The result of polling one job. */
    private record Polling(int requests, Duration delay) {}

    /** Returns the time of the next request of a client that polled at {@code now}. */
    @FunctionalInterface
    private interface PollStrategy {
        Instant next(Job job, Eta eta, Instant now);
    }

    @Test
    void table() {
        Forecast forecast = new Forecast(Forecast.SHARE, CONFIGURED);
        System.out.println("| durations | queue | every 3 s | constant `eta` of 3 s | learned `eta` | `Retry-After` |"
                + " `Prefer: wait=55` | ready at first `eta` |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (Shape shape : Shape.values()) {
            for (boolean queue : new boolean[] {false, true}) {
                List<Job> jobs = Simulation.run(shape, queue, JOBS, SEED, forecast);
                System.out.printf(
                        Locale.ROOT,
                        "| %s | %s | %s | %s | %s | %s | %s | %.0f %% |%n",
                        shape.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        queue ? "80 % busy" : "none",
                        polled(jobs, Job::expected, (job, eta, now) -> now.plusSeconds(3)),
                        polled(jobs, job -> CONFIGURED, (job, eta, now) -> eta.at(now)),
                        polled(jobs, Job::expected, (job, eta, now) -> eta.at(now)),
                        polled(jobs, Job::expected, ForecastSimulation::afterRetryAfter),
                        polled(jobs, Job::expected, ForecastSimulation::waiting),
                        100.0 * jobs.stream().filter(Job::isReadyWhenForecast).count() / jobs.size());
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

    /** Returns the time of the response to a waiting request: the end of the job or the end of the wait. */
    private static Instant waiting(Job job, Eta eta, Instant now) {
        Instant over = now.plusSeconds(55);
        return job.endedAt().isAfter(now) && job.endedAt().isBefore(over) ? job.endedAt() : over;
    }

    /** Returns the requests per job, and the mean delay as a share of the mean duration. */
    private static String polled(List<Job> jobs, Function<Job, Duration> forecast, PollStrategy strategy) {
        long requests = 0;
        double delay = 0;
        double took = 0;
        for (Job job : jobs) {
            Polling polling = poll(job, Eta.after(job.createdAt(), forecast.apply(job)), strategy);
            requests += polling.requests();
            delay += polling.delay().toNanos();
            took += job.took().toNanos();
        }
        return String.format(Locale.ROOT, "%.2f; %.0f %%", (double) requests / jobs.size(), 100 * delay / took);
    }

    private static Polling poll(Job job, Eta eta, PollStrategy strategy) {
        Instant now = job.createdAt();
        int requests = 0;
        do {
            now = strategy.next(job, eta, now);
            requests++;
        } while (now.isBefore(job.endedAt()));
        return new Polling(requests, Duration.between(job.endedAt(), now));
    }
}
