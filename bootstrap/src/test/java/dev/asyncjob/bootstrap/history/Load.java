package dev.asyncjob.bootstrap.history;

import dev.asyncjob.bootstrap.history.Event.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Clients, each a thread, that schedule, work, read, watch, cancel and list jobs on a cluster until they are stopped.
 */
final class Load {
    /** The kind and the prefix of the keys of jobs that are only read, to see when a node answers. */
    static final String PROBE = "probe";

    static final String KIND = "k";
    private static final int RECENT = 60;
    private static final int LAST_READERS = 6;
    private static final int LAST_TRIES = 5;

    private final Cluster cluster;
    private final History history;
    private final SplittableRandom random;
    private final Deque<String> recent = new ArrayDeque<>();
    private final Set<String> accepted = new LinkedHashSet<>();
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean draining;

    Load(Cluster cluster, History history, long seed) {
        this.cluster = cluster;
        this.history = history;
        this.random = new SplittableRandom(seed);
    }

    /** Starts fifteen clients, and one more for each node. */
    void start() {
        spawn(2, (caller, dice) -> new Producer(this, caller, dice).run());
        spawn(4, (caller, dice) -> new RemoteWorker(this, caller, dice).run());
        spawn(3, this::read);
        spawn(2, this::hold);
        spawn(2, this::listen);
        spawn(1, this::cancel);
        spawn(1, this::list);
        cluster.nodes().forEach(node -> spawn(1, (caller, dice) -> probe(node, caller)));
    }

    private void spawn(int count, BiConsumer<Caller, SplittableRandom> client) {
        for (int i = 0; i < count; i++) {
            SplittableRandom dice = fork();
            Thread thread = new Thread(
                    () -> {
                        while (!isStopped()) {
                            guarded(() -> client.accept(newCaller(), dice));
                        }
                    },
                    "asyncjob-load-" + threads.size());
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    private void guarded(Runnable client) {
        try {
            client.run();
        } catch (RuntimeException | Error e) {
            broken("load", e);
            pause(0.2);
        }
    }

    /** Notes that a part of the test itself has failed. */
    void broken(String where, Throwable e) {
        e.printStackTrace();
        long now = history.now();
        history.add(new Event(Kind.BROKEN, "", where + ": " + e, null, 0, now, now, null, Map.of()));
    }

    private synchronized SplittableRandom fork() {
        return random.split();
    }

    Caller newCaller() {
        return new Caller(cluster, history, fork());
    }

    boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /** Returns whether producers have stopped, so that workers finish all that is left. */
    boolean isDraining() {
        return draining;
    }

    /** Waits for so many seconds, or until the load is stopped. */
    void pause(double seconds) {
        try {
            var unused = stopped.await((long) (seconds * 1e9), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for a random time. */
    void pace(SplittableRandom dice, double mean) {
        pause(-Math.log(1 - dice.nextDouble()) * mean);
    }

    synchronized void seen(String job) {
        if (accepted.add(job)) {
            recent.add(job);
            if (recent.size() > RECENT) {
                recent.remove();
            }
        }
    }

    private synchronized @Nullable String pick(SplittableRandom dice) {
        return recent.isEmpty()
                ? null
                : recent.stream().skip(dice.nextInt(recent.size())).findFirst().orElseThrow();
    }

    private void read(Caller caller, SplittableRandom dice) {
        String job = pick(dice);
        if (job != null) {
            Event seen = caller.call(Request.read(Kind.READ, job));
            String tag = seen.answer() == null ? null : seen.answer().tag();
            if (tag != null && dice.nextInt(3) == 0) {
                caller.call(Request.read(Kind.READ, job).header("If-None-Match", tag));
            }
        }
        pace(dice, 0.06);
    }

    private void hold(Caller caller, SplittableRandom dice) {
        String job = pick(dice);
        if (job != null) {
            caller.call(Request.read(Kind.WAIT, job).waiting(1 + dice.nextInt(5)));
        }
        pace(dice, 0.05);
    }

    private void listen(Caller caller, SplittableRandom dice) {
        String job = pick(dice);
        String tag = job == null ? null : caller.listen(job, null, this::isStopped);
        while (job != null && tag != null && !isStopped()) {
            pause(0.3);
            tag = caller.listen(job, tag.equals("null") ? null : tag, this::isStopped);
        }
        pace(dice, 0.1);
    }

    private void cancel(Caller caller, SplittableRandom dice) {
        pace(dice, 2);
        String job = pick(dice);
        if (job != null) {
            caller.call(Request.of(Kind.CANCEL, "DELETE", "/jobs/" + job, "").about(job, 0));
        }
    }

    private void list(Caller caller, SplittableRandom dice) {
        pace(dice, 2);
        String status = List.of("PENDING", "DONE", "FAILED").get(dice.nextInt(3));
        caller.call(Request.of(Kind.LIST, "GET", "/jobs?status=" + status + "&limit=20", ""));
    }

    /** Reads a job that never begins, so that no node remembers its end: when does a node answer? */
    private void probe(Node node, Caller caller) {
        String key = PROBE + "-" + node.name();
        String body = "{\"kind\":\"%s\",\"links\":[{\"entity\":\"a/b\"}],\"notBefore\":\"2039-01-01T00:00:00.000Z\"}"
                .formatted(PROBE);
        Event scheduled = caller.call(Request.of(Kind.SCHEDULE, "POST", "/jobs", body)
                .at(node)
                .header("Idempotency-Key", key)
                .detail(Event.KEY, key));
        while (scheduled.status() == 202 && !isStopped()) {
            String job = scheduled.data().path("id").asText();
            caller.call(Request.read(Kind.PROBE, job).at(node));
            pause(0.1);
        }
        pause(0.3);
    }

    /** Stops producers and returns whether no job was left pending within so many seconds, as a list says. */
    boolean drain(int seconds) {
        draining = true;
        Caller caller = newCaller();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            Event listed = caller.call(Request.of(Kind.LIST, "GET", "/jobs?status=PENDING&limit=1&kind=" + KIND, ""));
            if (listed.status() == 200 && listed.data().isEmpty()) {
                return true;
            }
            pause(0.2);
        }
        return false;
    }

    /** Stops all clients. */
    void stop() {
        draining = true;
        stopped.countDown();
        for (Thread thread : threads) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(30));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Reads each accepted job on each node. */
    void readAll() {
        List<String> jobs = new ArrayList<>(accepted);
        Collections.shuffle(jobs, new java.util.Random(1));
        List<Thread> readers = IntStream.range(0, LAST_READERS)
                .mapToObj(part -> new Thread(() -> readLast(jobs, part)))
                .toList();
        readers.forEach(Thread::start);
        for (Thread reader : readers) {
            try {
                reader.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private void readLast(List<String> jobs, int part) {
        Caller caller = newCaller();
        for (int i = part; i < jobs.size(); i += LAST_READERS) {
            for (Node node : cluster.nodes()) {
                readLast(caller, Request.read(Kind.READ, jobs.get(i)).at(node).detail(Event.LAST, "true"));
            }
        }
    }

    private static void readLast(Caller caller, Request request) {
        int status = caller.call(request).status();
        for (int i = 1; i < LAST_TRIES && (status == 0 || status == 503); i++) {
            Faults.pause(0.3);
            status = caller.call(request).status();
        }
    }
}
