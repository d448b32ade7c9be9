package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * Schedules jobs, each under a key and until it is acknowledged, on any node. Some are sent again later, some at the
 * same time, and some are due later.
 */
final class Producer {
    private static final int TRIES = 60;

    private record Job(String key, String body, String due) {}

    private final Load load;
    private final Caller caller;
    private final SplittableRandom dice;
    private final List<Job> sent = new ArrayList<>();

    Producer(Load load, Caller caller, SplittableRandom dice) {
        this.load = load;
        this.caller = caller;
        this.dice = dice;
    }

    void run() {
        while (!load.isStopped() && !load.isDraining()) {
            Job job = newJob();
            sent.add(job);
            if (dice.nextInt(10) == 0) {
                Caller other = load.newCaller();
                Thread twin = new Thread(() -> schedule(other, job));
                twin.start();
                schedule(caller, job);
                join(twin);
            } else {
                schedule(caller, job);
            }
            if (dice.nextInt(10) == 0) {
                schedule(caller, sent.get(dice.nextInt(sent.size())));
            }
            load.pace(dice, 0.12);
        }
        load.pause(0.1);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Job newJob() {
        String key = UUID.randomUUID().toString();
        Instant due = Instant.now().plusMillis(500 + dice.nextInt(1500)).truncatedTo(ChronoUnit.MILLIS);
        boolean later = dice.nextInt(20) == 0;
        String body =
                "{\"kind\":\"%s\",\"links\":[{\"entity\":\"shop/%s\"}],\"payload\":{\"key\":\"%s\",\"pad\":\"%s\"},\"maxAttempts\":50%s}"
                        .formatted(Load.KIND, key, key, pad(), later ? ",\"notBefore\":\"" + due + "\"" : "");
        return new Job(key, body, later ? Long.toString(due.toEpochMilli()) : "0");
    }

    /** Returns a text that no database can compress, for some jobs, so that a database grows. */
    private String pad() {
        StringBuilder pad = new StringBuilder();
        for (int i = dice.nextInt(5) == 0 ? 400 : 0; i > 0; i--) {
            pad.append(Long.toHexString(dice.nextLong()));
        }
        return pad.toString();
    }

    private void schedule(Caller through, Job job) {
        for (int i = 0; i < TRIES && !load.isStopped(); i++) {
            Event event = through.call(Request.of(Kind.SCHEDULE, "POST", "/jobs", job.body())
                    .header("Idempotency-Key", job.key())
                    .detail(Event.KEY, job.key())
                    .detail(Event.DUE, job.due()));
            if (event.status() == 202) {
                load.seen(event.data().path("id").asText());
            }
            if (event.status() != 0 && event.status() != 503) {
                return;
            }
            load.pause(0.2 + dice.nextDouble(0.3));
        }
    }
}
