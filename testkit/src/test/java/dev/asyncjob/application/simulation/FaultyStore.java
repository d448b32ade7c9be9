package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.Plan.Step;
import dev.asyncjob.application.spi.Deadline;
import dev.asyncjob.application.spi.JobLocked;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.ForwardingJobStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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
final class FaultyStore extends ForwardingJobStore {
    private enum Intent {
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

    private static final List<Intent> INTENTS = List.of(Intent.values());
    private static final Set<Intent> WAITED_FOR = EnumSet.of(Intent.SCHEDULE, Intent.FIND, Intent.CLAIM, Intent.SETTLE);

    private final World world;
    private final VirtualTime.Host process;
    private final NodeFaults faults;

    FaultyStore(JobStore store, World world, VirtualTime.Host process, NodeFaults faults) {
        super(store);
        this.world = world;
        this.process = process;
        this.faults = faults;
    }

    private <T> T call(Intent intent, Supplier<T> apply) {
        return call(intent, apply, random -> apply.get());
    }

    private <T> T call(Intent intent, Supplier<T> apply, Function<SplittableRandom, T> partly) {
        world.time.requireAlive(process);
        if (world.time.now() < faults.outageUntil) {
            throw unavailable();
        }
        boolean slow = world.time.now() < faults.slowUntil;
        if (slow || (world.slow && intent != Intent.KEEP)) {
            world.time.sleep(process, Duration.ofMillis(1 + faults.random.nextInt(slow ? 60 : 20)));
        }
        Step fault = faults.take(intent);
        if (fault == null) {
            return apply.get();
        }
        world.trace(() -> "    %s: %s at %s".formatted(process.name, fault.kind(), intent));
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

        private @Nullable Step take(Intent intent) {
            Optional<Step> first = armed.keySet().stream()
                    .filter(step -> intends(step, intent))
                    .findFirst();
            first.ifPresent(step -> {
                armed.computeIfPresent(step, (one, times) -> times == 1 ? null : times - 1);
                troubleUntil(time.now());
            });
            return first.orElse(null);
        }

        /** One kind of call, or one of those that clients wait for. */
        private static boolean intends(Step step, Intent intent) {
            int drawn = Math.floorMod(step.seed() >> 8, 2 * INTENTS.size());
            return drawn < INTENTS.size() ? intent == INTENTS.get(drawn) : WAITED_FOR.contains(intent);
        }
    }

    @Override
    public ScheduleResult schedule(NewJob job, Duration expected) {
        return call(Intent.SCHEDULE, () -> super.schedule(job, expected));
    }

    @Override
    public List<Optional<ScheduleResult>> scheduleBatch(List<ScheduleCommand> all) {
        return call(
                Intent.SCHEDULE,
                () -> super.scheduleBatch(all),
                random -> all.stream()
                        .map(one -> random.nextBoolean()
                                ? Optional.<ScheduleResult>empty()
                                : Optional.of(super.schedule(one.job(), one.expected())))
                        .toList());
    }

    @Override
    public Optional<ScheduleResult> repeated(NewJob job) {
        return call(Intent.OTHER, () -> super.repeated(job));
    }

    @Override
    public Backlog backlog(Owner client, int max) {
        return call(Intent.OTHER, () -> super.backlog(client, max));
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return call(Intent.FIND, () -> super.find(reader, id));
    }

    @Override
    public List<JobSnapshot> find(Set<JobKey> asked) {
        return call(Intent.FIND, () -> super.find(asked));
    }

    @Override
    public List<Duration> recentDurations(JobKind kind, int max) {
        return call(Intent.OTHER, () -> super.recentDurations(kind, max));
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return call(Intent.CLAIM, () -> super.claim(claim));
    }

    @Override
    public RenewResult renew(JobId id, LeaseToken token, LeaseExtension extension) {
        return call(Intent.RENEW, () -> super.renew(id, token, extension));
    }

    @Override
    public Set<HeldLease> renewBatch(Set<HeldLease> leases, Duration length) {
        return call(
                Intent.RENEW,
                () -> super.renewBatch(leases, length),
                random -> super.renewBatch(
                        leases.stream().filter(one -> random.nextBoolean()).collect(Collectors.toSet()), length));
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return call(Intent.RELEASE, () -> super.release(id, token));
    }

    @Override
    public SettleResult settle(OutcomeReport report) {
        return call(Intent.SETTLE, () -> super.settle(report));
    }

    @Override
    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
        return call(
                Intent.SETTLE,
                () -> super.settleBatch(reports),
                random -> reports.stream()
                        .map(one ->
                                random.nextBoolean() ? Optional.<SettleResult>empty() : Optional.of(super.settle(one)))
                        .toList());
    }

    @Override
    public SettleResult cancel(@Nullable Owner owner, JobId id) {
        return call(Intent.CANCEL, () -> super.cancel(owner, id));
    }

    @Override
    public JobPage list(JobFilter filter) {
        return call(Intent.OTHER, () -> super.list(filter));
    }

    @Override
    public int failSpent(int max) {
        return call(Intent.KEEP, () -> super.failSpent(max));
    }

    @Override
    public int forget(int max) {
        return call(Intent.KEEP, () -> super.forget(max));
    }

    @Override
    public void maintain() {
        var unused = call(Intent.KEEP, () -> true);
    }

    @Override
    public Instant now() {
        return super.now();
    }
}
