package dev.asyncjob.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/** A simulation of jobs of one kind in virtual time: the duration of each job and its forecast on arrival. */
final class Simulation {
    static final Instant START = Instant.parse("2022-10-24T12:00:00Z");

    /** The mean duration of all shapes except {@link Shape#DRIFTING}. */
    static final double MEAN_SECONDS = 10;

    /** The number of servers behind the queue. */
    static final int SERVERS = 4;

    /** The utilization of the servers. */
    static final double LOAD = 0.8;

    private Simulation() {}

    /** A distribution of the duration of the work on a job, in seconds. */
    enum Shape {
        CONSTANT {
            @Override
            double draw(Random random, double progress) {
                return MEAN_SECONDS;
            }
        },
        /** The standard deviation is half of the mean. */
        LOG_NORMAL {
            @Override
            double draw(Random random, double progress) {
                double variance = Math.log(1 + 0.25);
                return MEAN_SECONDS * Math.exp(Math.sqrt(variance) * random.nextGaussian() - variance / 2);
            }
        },
        /** 70 % of the jobs take 5 s, the others 21.7 s, both plus or minus 10 %. */
        BIMODAL {
            @Override
            double draw(Random random, double progress) {
                double mean = random.nextDouble() < 0.7 ? 5 : (MEAN_SECONDS - 0.7 * 5) / 0.3;
                return mean * (0.9 + 0.2 * random.nextDouble());
            }
        },
        /** Plus or minus 25 %, three times as long in the middle third. */
        DRIFTING {
            @Override
            double draw(Random random, double progress) {
                double mean = progress < 1 / 3.0 || progress > 2 / 3.0 ? MEAN_SECONDS : 3 * MEAN_SECONDS;
                return mean * (0.75 + 0.5 * random.nextDouble());
            }
        };

        abstract double draw(Random random, double progress);
    }

    /**
     * A simulated job.
     *
     * @param expected the forecast of the duration on arrival
     * @param number the index of the job
     */
    record Job(Instant createdAt, Instant endedAt, Duration expected, int number) {
        Duration took() {
            return Duration.between(createdAt, endedAt);
        }

        boolean isReadyWhenForecast() {
            return took().compareTo(expected) <= 0;
        }
    }

    /** Simulates {@code count} jobs with random arrivals; with a queue before {@link #SERVERS} or without. */
    static List<Job> run(Shape shape, boolean queue, int count, long seed, Forecast forecast) {
        Random random = new Random(seed);
        double perSecond = LOAD * SERVERS / MEAN_SECONDS / (shape == Shape.DRIFTING ? 3 : 1);
        double[] freeAt = new double[queue ? SERVERS : 1];
        double now = 0;
        List<Job> jobs = new ArrayList<>();
        PriorityQueue<Job> running = new PriorityQueue<>(Comparator.comparing(Job::endedAt));
        List<Duration> ended = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            now += -Math.log(1 - random.nextDouble()) / perSecond;
            double work = shape.draw(random, (double) i / count);
            int server = firstFree(freeAt);
            double begin = queue ? Math.max(now, freeAt[server]) : now;
            freeAt[server] = begin + work;
            while (!running.isEmpty() && !running.peek().endedAt().isAfter(at(now))) {
                ended.add(running.poll().took());
            }
            List<Duration> recent = ended.subList(Math.max(0, ended.size() - Forecast.WINDOW), ended.size());
            Job job = new Job(at(now), at(begin + work), forecast.after(recent), i);
            running.add(job);
            jobs.add(job);
        }
        return jobs;
    }

    private static int firstFree(double[] freeAt) {
        int first = 0;
        for (int i = 1; i < freeAt.length; i++) {
            first = freeAt[i] < freeAt[first] ? i : first;
        }
        return first;
    }

    private static Instant at(double seconds) {
        return START.plusNanos((long) (seconds * 1e9));
    }
}
