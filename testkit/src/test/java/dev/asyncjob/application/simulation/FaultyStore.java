package dev.asyncjob.application.simulation;

import dev.asyncjob.application.InterceptedJobStore;
import dev.asyncjob.application.simulation.Plan.Step;
import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The store as one node reaches it: its calls fail, hang and are slow as the plan wants. */
final class FaultyStore extends InterceptedJobStore {
    private enum Aim {
        SCHEDULE,
        FIND,
        CLAIM,
        RENEW,
        RELEASE,
        SETTLE,
        CANCEL,
        KEEP,
        OTHER
    }

    private static final List<Aim> AIMS = List.of(Aim.values());
    private static final Set<Aim> WAITED_FOR = EnumSet.of(Aim.SCHEDULE, Aim.FIND, Aim.CLAIM, Aim.SETTLE);

    private final JobStore store;
    private final World world;
    private final VirtualTime.Host process;
    private final NodeFaults faults;

    FaultyStore(JobStore store, World world, VirtualTime.Host process, NodeFaults faults) {
        super(store);
        this.store = store;
        this.world = world;
        this.process = process;
        this.faults = faults;
    }

    @Override
    protected <T> T call(Intent intent, Supplier<T> apply) {
        return switch (intent) {
            case NOW -> apply.get();
            case SCHEDULE -> call(Aim.SCHEDULE, apply);
            case FIND, FIND_ALL -> call(Aim.FIND, apply);
            case CLAIM -> call(Aim.CLAIM, apply);
            case RENEW -> call(Aim.RENEW, apply);
            case RELEASE -> call(Aim.RELEASE, apply);
            case SETTLE -> call(Aim.SETTLE, apply);
            case CANCEL -> call(Aim.CANCEL, apply);
            case FAIL_SPENT, FORGET, MAINTAIN -> call(Aim.KEEP, apply);
            case RECENT, LIST, ERASE, OTHER -> call(Aim.OTHER, apply);
        };
    }

    private <T> T call(Aim aim, Supplier<T> apply) {
        return call(aim, apply, random -> apply.get());
    }

    private <T> T call(Aim aim, Supplier<T> apply, Function<SplittableRandom, T> partly) {
        world.time.requireAlive(process);
        if (world.time.now() < faults.outageUntil) {
            throw unavailable();
        }
        boolean slow = world.time.now() < faults.slowUntil;
        if (slow || (world.slow && aim != Aim.KEEP)) {
            world.time.sleep(process, Duration.ofMillis(1 + faults.random.nextInt(slow ? 60 : 20)));
        }
        Step fault = faults.take(aim);
        if (fault == null) {
            return apply.get();
        }
        world.trace(() -> "    %s: %s at %s".formatted(process.name, fault.kind(), aim));
        return switch (fault.kind()) {
            case FAILS_BEFORE -> throw unavailable();
            case LOCKED -> throw new JobLocked(new IOException("locked on purpose"));
            case EXCEPTION_BEFORE -> throw new IllegalStateException("on purpose");
            case ERROR_BEFORE -> throw new StackOverflowError("on purpose");
            case HANGS_BEFORE -> {
                hang(fault);
                yield apply.get();
            }
            case NOT_TOGETHER -> partly.apply(fault.random());
            default -> {
                T answer = apply.get();
                switch (fault.kind()) {
                    case FAILS_AFTER -> throw unavailable();
                    case EXCEPTION_AFTER -> throw new IllegalStateException("on purpose");
                    case ERROR_AFTER -> throw new OutOfMemoryError("on purpose");
                    default -> hang(fault);
                }
                yield answer;
            }
        };
    }

    /** Takes long; half of the calls keep their deadline. */
    private void hang(Step fault) {
        Duration left = Deadline.left();
        boolean late = fault.seed() % 2 == 0 && fault.duration().compareTo(left) > 0;
        Duration pause = late ? left : fault.duration();
        faults.troubleUntil(world.time.now() + pause.toNanos());
        world.time.sleep(process, pause);
        if (late) {
            throw unavailable();
        }
    }

    private static StoreUnavailable unavailable() {
        return new StoreUnavailable(new IOException("down on purpose"));
    }

    /** What a fault may do to a node, and does now. */
    static final class NodeFaults {
        final SplittableRandom random;
        private final VirtualTime time;
        private final Map<Step, Integer> armed = new LinkedHashMap<>();
        long slowUntil;
        long outageUntil;
        long signalsLostUntil;
        long signalsDoubledUntil;
        long signalsLateUntil;
        private long trouble;

        NodeFaults(VirtualTime time, long seed) {
            this.time = time;
            this.random = new SplittableRandom(seed);
        }

        /** Lets it happen to the next calls of the kind that it draws, four at most. */
        void arm(Step step) {
            armed.put(step, 1 + step.random().nextInt(4));
        }

        void end() {
            armed.clear();
            slowUntil = 0;
            outageUntil = 0;
            signalsLostUntil = 0;
            signalsDoubledUntil = 0;
            signalsLateUntil = 0;
        }

        void troubleUntil(long end) {
            trouble = Math.max(trouble, end);
        }

        /** Until when answers may be late. */
        long trouble() {
            return Math.max(trouble, Math.max(slowUntil, outageUntil));
        }

        private @Nullable Step take(Aim aim) {
            Optional<Step> first =
                    armed.keySet().stream().filter(step -> intends(step, aim)).findFirst();
            first.ifPresent(step -> {
                armed.computeIfPresent(step, (one, times) -> times == 1 ? null : times - 1);
                troubleUntil(time.now());
            });
            return first.orElse(null);
        }

        /** One kind of call, or one of those that clients wait for. */
        private static boolean intends(Step step, Aim aim) {
            int drawn = Math.floorMod(step.seed() >> 8, 2 * AIMS.size());
            return drawn < AIMS.size() ? aim == AIMS.get(drawn) : WAITED_FOR.contains(aim);
        }
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return call(
                Aim.SCHEDULE,
                () -> store.scheduleBatch(all),
                random -> all.stream()
                        .map(one -> random.nextBoolean()
                                ? Optional.<ScheduleResult>empty()
                                : Optional.of(store.schedule(one.job(), one.expected())))
                        .toList());
    }

    @Override
    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        return call(
                Aim.RENEW,
                () -> store.renewBatch(leases, length),
                random -> store.renewBatch(
                        leases.stream().filter(one -> random.nextBoolean()).collect(Collectors.toSet()), length));
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return call(
                Aim.SETTLE,
                () -> store.settleBatch(reports),
                random -> reports.stream()
                        .map(one ->
                                random.nextBoolean() ? Optional.<SettleResult>empty() : Optional.of(store.settle(one)))
                        .toList());
    }
}
