package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.FaultyStore.NodeFaults;
import dev.asyncjob.application.simulation.Plan.Step;
import dev.asyncjob.application.simulation.World.Broken;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One simulation: the steps of a plan, then a quiet time without faults, in which everything has to come to its end,
 * then all nodes close.
 */
final class Simulation {
    private static final Duration CHECK = Duration.ofMillis(203);

    /** From when on a claimable job has to be claimed at once: what hung has ended, what failed is repeated. */
    private static final long SETTLED = Plan.QUIET.plusSeconds(6).toNanos();

    /** When all must have ended: an outcome that often failed is sent again after 13 seconds, or half a minute. */
    private static final long LATEST = Plan.QUIET.plusSeconds(60).toNanos();

    /** A hundred times as many as usual. */
    private static final long MOST_EVENTS = 100_000;

    private final Plan plan;
    private final World world;
    private final Network network;
    private final Clients clients;
    private int open;
    private boolean over;

    private Simulation(VirtualTime time, Plan plan, boolean traced) {
        this.plan = plan;
        this.world = new World(time, plan, traced);
        this.network = new Network(world, plan);
        this.clients = new Clients(world, network);
    }

    /**
     * What came of it.
     *
     * @param broken the promise that does not hold, if any
     * @param history what happened; empty if it was not traced
     * @param end the virtual time, which is equal for equal plans
     */
    record Result(Optional<Broken> broken, List<String> history, long end) {}

    static Result of(VirtualTime time, Plan plan, boolean traced) {
        Simulation simulation = new Simulation(time, plan, traced);
        World world = simulation.world;
        time.run(
                world.outside,
                simulation::begin,
                simulation::isOver,
                e -> world.breaks("nothing that is thrown ends a thread", e));
        return new Result(
                Optional.ofNullable(world.broken()), Objects.requireNonNullElse(world.trace, List.of()), time.now());
    }

    private boolean isOver() {
        if (world.time.events() > MOST_EVENTS) {
            world.breaks("no loop repeats without a pause", world.time.events());
        }
        return over || world.broken() != null;
    }

    private void post(Duration delay, Runnable task) {
        world.time.post(world.outside, delay, task);
    }

    private void begin() {
        network.places().forEach(Network.Place::start);
        plan.steps().forEach(step -> post(Duration.ofNanos(step.at()), () -> take(step)));
        post(Plan.QUIET, this::endFaults);
    }

    private void take(Step step) {
        Network.Place place = network.place(step.node());
        NodeFaults faults = place.faults;
        long until = world.time.now() + step.lasts();
        if (step.kind().compareTo(Plan.Kind.FAILS_BEFORE) >= 0) {
            world.trace(() -> "  " + step);
        }
        if (step.kind().isOfOneCall()) {
            faults.arm(step);
            return;
        }
        switch (step.kind()) {
            case SLOW -> faults.slowUntil = until;
            case OUTAGE -> faults.outageUntil = until;
            case SIGNALS_LOST -> faults.signalsLostUntil = until;
            case SIGNALS_DOUBLED -> faults.signalsDoubledUntil = until;
            case SIGNALS_LATE -> faults.signalsLateUntil = until;
            case FREEZES -> {
                @Nullable Node node = place.node();
                if (node != null) {
                    node.process.frozenUntil = until;
                    faults.troubleUntil(until);
                }
            }
            case DIES -> {
                place.kill();
                post(step.duration(), place::start);
            }
            case CLOSES -> place.close(() -> post(step.duration(), place::start));
            case CLOCK_JUMPS ->
                world.jump(
                        step.seed() % 2 == 0 || plan.shortRetention() // a job that was forgotten stays so
                                ? step.duration()
                                : step.duration().negated());
            default -> clients.begin(step);
        }
    }

    private void endFaults() {
        world.trace(() -> "  quiet");
        for (Network.Place place : network.places()) {
            place.faults.end();
            place.start();
            Node node = Objects.requireNonNull(place.node());
            node.process.frozenUntil = 0;
            clients.drain(network.places().indexOf(place));
        }
        post(CHECK, this::check);
    }

    private void check() {
        Instant now = world.clock();
        List<Truth.Model> pending = world.truth.jobs().values().stream()
                .filter(job -> job.end == null)
                .toList();
        pending.forEach(job -> checkClaimed(job, now));
        network.places().forEach(Network.Place::start); // a node that was closing
        boolean done = pending.isEmpty() && clients.isQuiet();
        boolean late = world.time.now() > LATEST;
        List<String> leftOver = done || late ? network.leftOver() : List.of();
        if (done && leftOver.stream().allMatch(Simulation::isOfDrain)) {
            clients.stopDraining();
            awaitDrained();
        } else if (late) {
            world.breaks(
                    done ? "nothing is left over" : "every job ends, and every request is answered",
                    pending.stream().map(job -> job.job).toList() + " " + leftOver);
        } else {
            post(CHECK, this::check);
        }
    }

    private static boolean isOfDrain(String leftOver) {
        return leftOver.contains(" has waiting claims");
    }

    private void checkClaimed(Truth.Model job, Instant now) {
        boolean late = job.dueAt.isBefore(now.minusMillis(1300))
                && job.attempts < job.maxAttempts
                && world.time.now() > SETTLED;
        if (late && job.job.kind().equals(World.REMOTE)) {
            world.breaks("a claimable job is claimed within a second", job.job);
        }
    }

    private void awaitDrained() {
        boolean drained = clients.isQuiet() && network.isQuiet();
        List<String> leftOver = drained ? network.leftOver() : List.of("requests");
        if (!leftOver.isEmpty() && world.time.now() < LATEST) {
            post(CHECK, this::awaitDrained);
            return;
        } else if (!leftOver.isEmpty()) {
            world.breaks("nothing is left over", leftOver);
        }
        for (int i = 0; i < network.places().size(); i++) {
            clients.waitInVain(i);
        }
        open = network.places().size();
        post(CHECK, () -> network.places().forEach(place -> place.close(() -> over = --open == 0)));
    }
}
