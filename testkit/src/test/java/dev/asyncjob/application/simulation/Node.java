package dev.asyncjob.application.simulation;

import dev.asyncjob.application.Batcher;
import dev.asyncjob.application.Housekeeper;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.simulation.FaultyStore.NodeFaults;
import dev.asyncjob.application.simulation.VirtualTime.Host;
import dev.asyncjob.application.spi.Execution;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** One life of a node: the real application over the faulty store, with or without an embedded worker. */
final class Node implements JobSignals {
    private static final WorkerSettings SETTINGS = new WorkerSettings(
            new WorkerId("embedded"),
            2,
            Duration.ofSeconds(2),
            Duration.ofMillis(600),
            Duration.ofMillis(500),
            Duration.ofSeconds(3),
            Duration.ofSeconds(1));

    /** By class and name. */
    private static final Map<String, Field> FIELDS = new HashMap<>();

    final Host process;
    final SimulatedExecution execution;
    final JobUseCases jobs;
    final Batcher<JobKey, Optional<JobSnapshot>> reads;
    final WaitingClaims claims;
    final StatusWatch watch;
    final Housekeeper housekeeper;
    final JobWorker worker;
    private final World world;
    private final NodeFaults faults;
    private final JobStore store;
    private final List<Listener> listeners = new ArrayList<>();

    Node(World world, String name, boolean works, NodeFaults faults, long seed) {
        this.world = world;
        this.faults = faults;
        process = new Host(name);
        execution = new SimulatedExecution(world.time, process, seed);
        store = new FaultyStore(world.truth, world, process, faults);
        jobs = new UseCases(store, world.policy, execution);
        reads = new Batcher<>(500, this::readTogether, this::readAlone, execution);
        claims = new WaitingClaims(jobs, this, execution);
        watch = new StatusWatch(store, this, execution);
        housekeeper = new Housekeeper(store, execution);
        worker = new JobWorker(jobs, this, Map.of(World.EMBEDDED, this::handle), SETTINGS, execution);
        world.heard.add(this);
        claims.start();
        watch.start();
        housekeeper.start();
        if (works) {
            worker.start();
        }
    }

    private static final class UseCases extends JobUseCases {
        UseCases(JobStore store, WorkPolicy policy, Execution execution) {
            super(store, policy, execution);
        }
    }

    /** As {@code ReadCoalescer} does. */
    private List<Optional<Optional<JobSnapshot>>> readTogether(List<JobKey> keys) {
        Map<JobKey, JobSnapshot> found = new HashMap<>();
        jobs.statuses(new HashSet<>(keys))
                .forEach(
                        one -> found.put(new JobKey(one.job().owner(), one.job().id()), one));
        return keys.stream()
                .map(key -> Optional.of(Optional.ofNullable(found.get(key))))
                .toList();
    }

    private Optional<JobSnapshot> readAlone(JobKey key) {
        return jobs.statuses(Set.of(key)).stream().findFirst();
    }

    @Override
    public Subscription subscribe(Listener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Passes a signal on, unless it is lost. */
    void deliver(Consumer<Listener> signal) {
        long now = world.time.now();
        if (now < faults.signalsLostUntil) {
            return;
        }
        int times = now < faults.signalsDoubledUntil ? 2 : 1;
        for (int i = 0; i < times; i++) {
            int most = now < faults.signalsLateUntil ? 5000 : 3;
            Duration delay = Duration.ofMillis(faults.random.nextInt(most));
            world.time.post(process, delay, () -> List.copyOf(listeners).forEach(signal));
        }
    }

    private Outcome handle(ClaimedJob job) throws InterruptedException {
        long token = job.lease().token().value();
        SplittableRandom random = new SplittableRandom(job.job().id().value().getLeastSignificantBits() + 31 * token);
        int behaviour = random.nextInt(12);
        world.trace(() -> "    %s handles %s, token %d, as %d"
                .formatted(process.name, shortId(job.job().id()), token, behaviour));
        switch (behaviour) {
            case 0 -> work(Duration.ofMillis(random.nextInt(1500)), false);
            case 1 -> work(Duration.ofMillis(random.nextInt(6000)), false);
            case 2 -> work(Duration.ofMillis(random.nextInt(6000)), true);
            case 3 -> throw new IllegalStateException("on purpose");
            case 4 -> throw new StackOverflowError("on purpose");
            case 5 -> {
                return Outcome.retry(new Failure("try again"));
            }
            case 6 -> {
                return Outcome.failed(new Failure("for good"));
            }
            default -> {}
        }
        return done(job.job().id(), token);
    }

    /** An outcome that no other lease reports. */
    static Outcome done(JobId id, long token) {
        return Outcome.completed(ResourceLinks.of(new ResourceLink("result", "result/" + id.value() + "/" + token)));
    }

    static String shortId(JobId id) {
        return id.value().toString().substring(0, 8);
    }

    private void work(Duration time, boolean stubborn) throws InterruptedException {
        for (Duration left = time; !left.isNegative(); left = left.minusMillis(200)) {
            world.time.sleep(process, left.compareTo(Duration.ofMillis(200)) < 0 ? left : Duration.ofMillis(200));
            if (Thread.interrupted() && !stubborn) {
                throw new InterruptedException();
            }
        }
    }

    void kill() {
        world.heard.remove(this);
        world.time.kill(process);
    }

    /** Closes everything, as a server does; to be run by the node. */
    void close() {
        worker.close();
        claims.close();
        watch.close();
        housekeeper.close();
    }

    /** What is left over although nothing is to be done. */
    List<String> leftOver() {
        Map<String, Object> parts = new HashMap<>();
        parts.put("waiting claims", inside(claims, "waiters"));
        parts.put("waiting claims in the room", inside(claims, "room"));
        parts.put("readers", watch.waiting());
        parts.put("readers by job", inside(watch, "readers"));
        parts.put("arrived readers", inside(watch, "arrivals"));
        parts.put("attempts", inside(inside(worker, "attempts"), "attempts"));
        parts.put("unsettled outcomes", inside(inside(worker, "reporter"), "unsettled"));
        parts.put("queued outcomes", inside(inside(worker, "reporter"), "queue"));
        parts.put("later outcomes", inside(inside(worker, "reporter"), "later"));
        parts.put("held jobs", inside(inside(worker, "capacity"), "held"));
        parts.put("schedules", inside(inside(jobs, JobUseCases.class, "schedules"), "waiting"));
        parts.put("outcomes", inside(inside(jobs, JobUseCases.class, "outcomes"), "waiting"));
        parts.put("reads", inside(reads, "waiting"));
        parts.put("tasks that wait", world.time.waiting(process));
        return parts.entrySet().stream()
                .filter(part -> size(part.getValue()) > 0)
                .map(part -> process.name + " has " + part.getKey() + ": " + size(part.getValue()))
                .sorted()
                .toList();
    }

    private static long size(Object part) {
        if (part instanceof Collection<?> many) {
            return many.size();
        } else if (part instanceof Semaphore room) {
            return WaitingClaims.MAX_WAITING - (long) room.availablePermits();
        }
        return part instanceof Map<?, ?> map ? map.size() : ((Number) part).longValue();
    }

    private static Object inside(Object owner, String field) {
        return inside(owner, owner.getClass(), field);
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the application has changed", e);
        }
    }

    private static Object inside(Object owner, Class<?> type, String name) {
        try {
            return FIELDS.computeIfAbsent(type.getName() + "." + name, key -> field(type, name))
                    .get(owner);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the application has changed", e);
        }
    }
}
