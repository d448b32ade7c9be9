package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.Plan.Step;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.RenewResult;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Producers, readers and remote workers: they repeat what fails, and check what they are told. */
final class Clients {
    private static final List<Owner> OWNERS = List.of(new Owner("clinic-1"), new Owner("clinic-2"));
    private static final Owner STRANGER = new Owner("stranger");
    private static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("thing"));
    private static final int TRIES = 60;

    private final World world;
    private final Network network;

    /** The accepted jobs. */
    private final List<JobKey> known = new ArrayList<>();

    /** Which claim was told of a lease, by job and token. */
    private final Map<String, String> told = new HashMap<>();

    private boolean draining = true;
    private int unfinished;
    private int claimNumber;

    Clients(World world, Network network) {
        this.world = world;
        this.network = network;
    }

    /** Whether nobody has something left to do. */
    boolean isQuiet() {
        return unfinished == 0;
    }

    void begin(Step step) {
        SplittableRandom random = step.random();
        switch (step.kind()) {
            case SCHEDULE -> {
                NewJob job = newJob(random);
                schedule(job, step.node(), TRIES, random);
                if (random.nextInt(3) == 0) {
                    later(Duration.ofMillis(random.nextInt(3000)), () -> schedule(job, step.node() + 1, TRIES, random));
                }
            }
            case SCHEDULE_MANY -> {
                int count = 2 + random.nextInt(5);
                scheduleAll(
                        IntStream.range(0, count).mapToObj(i -> newJob(random)).toList(), step.node(), TRIES);
            }
            case READ -> read(step.node(), random);
            case WAIT -> await(step.node(), Duration.ofMillis(100 + random.nextInt(8000)), random);
            case CLAIM -> claim(step, random);
            case CANCEL -> someJob(random).ifPresent(job -> cancel(job, step.node(), TRIES));
            default -> list(step.node());
        }
    }

    private void later(Duration pause, Runnable task) {
        unfinished++;
        world.time.post(world.outside, pause, () -> {
            unfinished--;
            task.run();
        });
    }

    private Optional<JobKey> someJob(SplittableRandom random) {
        int draw = random.nextInt(1 << 20);
        return known.isEmpty() ? Optional.empty() : Optional.of(known.get(draw % known.size()));
    }

    private NewJob newJob(SplittableRandom random) {
        Owner owner = OWNERS.get(random.nextInt(2));
        JobId id = new JobId(new UUID(random.nextLong(), random.nextLong()));
        JobKind kind = random.nextBoolean() ? World.EMBEDDED : World.REMOTE;
        NewJob job = NewJob.of(id, owner, kind, LINKS);
        if (random.nextInt(3) == 0) {
            job = job.notBefore(world.clock().plusMillis(random.nextInt(4000)));
        }
        if (random.nextInt(2) == 0) {
            job = job.withMaxAttempts(1 + random.nextInt(4));
        }
        if (id.value().getLeastSignificantBits() % 8 == 0 && job.notBefore().equals(Instant.EPOCH)) {
            job = job.leasedTo(new WorkerId("executor"), Duration.ofMillis(1000 + random.nextInt(2000)));
        }
        return random.nextBoolean()
                ? job.withIdempotencyKey(IdempotencyKey.of(owner, "key-" + id.value(), "request"))
                : job;
    }

    /** A repetition with a key has another id, as one that the server chooses. */
    private static NewJob again(NewJob job, SplittableRandom random) {
        JobId id = job.idempotencyKey() == null ? job.id() : new JobId(new UUID(random.nextLong(), random.nextLong()));
        return new NewJob(
                id,
                job.owner(),
                job.kind(),
                job.links(),
                job.payload(),
                job.notBefore(),
                job.maxAttempts(),
                job.idempotencyKey(),
                job.scheduledBy(),
                job.reference(),
                job.lease(),
                job.callback(),
                job.trace(),
                null);
    }

    private void schedule(NewJob job, int node, int tries, SplittableRandom random) {
        unfinished++;
        String what = "schedule %s %s".formatted(job.kind().value(), Node.shortId(job.id()));
        network.<ScheduleResult>call(node, what, one -> one.jobs.schedule(job), (result, failure) -> {
            unfinished--;
            if (result != null) {
                accepted(job, result);
            } else if (tries > 0) {
                later(pause(random), () -> schedule(again(job, random), node + 1, tries - 1, random));
            }
        });
    }

    private static Duration pause(SplittableRandom random) {
        return Duration.ofMillis(100 + random.nextInt(700));
    }

    private void scheduleAll(List<NewJob> jobs, int node, int tries) {
        unfinished++;
        String what =
                "schedule " + jobs.stream().map(job -> Node.shortId(job.id())).toList();
        network.<List<ScheduleResult>>call(node, what, one -> one.jobs.scheduleAll(jobs), (results, failure) -> {
            unfinished--;
            if (results != null) {
                for (int i = 0; i < jobs.size(); i++) {
                    accepted(jobs.get(i), results.get(i));
                }
            } else if (tries > 0) {
                later(Duration.ofMillis(300), () -> scheduleAll(jobs, node + 1, tries - 1));
            }
        });
    }

    private void accepted(NewJob job, ScheduleResult result) {
        if (!(result instanceof ScheduleResult.Accepted accepted)) {
            world.breaks("a job is accepted", result);
            return;
        }
        JobId id = accepted.job().job().id();
        Truth.Model model = world.truth.jobs().get(id);
        boolean same = job.idempotencyKey() == null ? job.id().equals(id) : true;
        if (model == null || !same || !model.job.kind().equals(job.kind())) {
            world.breaks("an acknowledged job exists", accepted);
            return;
        }
        JobKey key = new JobKey(job.owner(), id);
        if (!known.contains(key)) {
            known.add(key);
        }
        accepted.firstLease().ifPresent(lease -> execute(job, accepted.job().job(), lease));
    }

    /**
     * Does what an executor does that learns of the lease that its job was born with; once, however often it learns.
     */
    private void execute(NewJob job, AsyncJob accepted, Lease lease) {
        Claim birth = new Claim(
                lease.worker(), Set.of(job.kind()), 1, Duration.between(accepted.createdAt(), lease.expiresAt()));
        ClaimedJob born = new ClaimedJob(
                (AsyncJob.Pending) accepted, Attempts.none(Attempts.MAX).next(), lease, job.payload());
        if (told(born, birth, "birth")) {
            work(born, birth, 0, new SplittableRandom(accepted.id().value().getMostSignificantBits()));
        }
    }

    private void read(int node, SplittableRandom random) {
        someJob(random).ifPresent(job -> {
            JobKey asked = random.nextInt(8) == 0 ? new JobKey(STRANGER, job.id()) : job;
            boolean coalesced = random.nextInt(3) > 0;
            AsyncJob.@Nullable Ended before = endOf(asked.id());
            String what = "read " + Node.shortId(asked.id());
            unfinished++;
            network.<Optional<JobSnapshot>>send(
                    node,
                    what,
                    Duration.ZERO,
                    one -> coalesced
                            ? one.reads.answerTo(asked, one.execution::execute)
                            : CompletableFuture.completedFuture(one.jobs.status(asked.owner(), asked.id())),
                    (found, failure) -> {
                        unfinished--;
                        if (found != null) {
                            check(asked, before, found);
                        }
                    });
        });
    }

    private AsyncJob.@Nullable Ended endOf(JobId id) {
        Truth.Model model = world.truth.jobs().get(id);
        return model == null ? null : model.end;
    }

    private void check(JobKey asked, AsyncJob.@Nullable Ended before, Optional<JobSnapshot> found) {
        Truth.Model model = world.truth.jobs().get(asked.id());
        if (model == null) {
            return;
        }
        if (asked.owner().equals(STRANGER)) {
            if (found.isPresent()) {
                world.breaks("nobody reads another's job", found);
            }
        } else if (found.isEmpty()) {
            if (!model.isPastRetention(world.clock())) {
                world.breaks("an acknowledged job exists until its retention ends", asked);
            }
        } else if (!found.get().job().id().equals(asked.id())) {
            world.breaks("a read gets the job that it asks for", found);
        } else if (!isOf(found.get(), model)) {
            return; // it ended, was forgotten, and was scheduled again
        } else if (found.get().job() instanceof AsyncJob.Ended ended) {
            if (!ended.equals(model.end)) {
                world.breaks("no answer tells an end that the store does not have", found);
            }
        } else if (before != null && before.equals(model.end)) {
            world.breaks("a read is as fresh as the store", found);
        }
    }

    /** Whether it is this job, not one that had its id before. */
    private static boolean isOf(JobSnapshot found, Truth.Model model) {
        return found.job().createdAt().equals(model.first.job().createdAt());
    }

    private void await(int node, Duration wait, SplittableRandom random) {
        someJob(random).ifPresent(job -> {
            AsyncJob.@Nullable Ended before = endOf(job.id());
            unfinished++;
            network.<Optional<JobSnapshot>>send(
                    node,
                    "wait for " + Node.shortId(job.id()) + " for " + wait,
                    wait,
                    one -> one.watch
                            .awaitStatus(job, now -> now.job() instanceof AsyncJob.Ended, wait)
                            .answer(),
                    (found, failure) -> {
                        unfinished--;
                        if (found != null) {
                            check(job, before, found);
                        }
                    });
        });
    }

    private void cancel(JobKey job, int node, int tries) {
        unfinished++;
        network.<SettleResult>call(
                node,
                "cancel " + Node.shortId(job.id()),
                one -> one.jobs.cancel(job.owner(), job.id()),
                (result, failure) -> {
                    unfinished--;
                    if (result != null) {
                        checkEnd(job.id(), result);
                    } else if (tries > 0) {
                        later(Duration.ofMillis(500), () -> cancel(job, node + 1, tries - 1));
                    }
                });
    }

    private void checkEnd(JobId id, SettleResult result) {
        result.<Optional<JobSnapshot>>fold(Optional::of, Optional::of, Optional::empty)
                .filter(found -> found.job() instanceof AsyncJob.Ended)
                .ifPresent(found -> {
                    Truth.Model model = world.truth.jobs().get(id);
                    if (model == null || (isOf(found, model) && !found.job().equals(model.end))) {
                        world.breaks("an acknowledged end is the end in the store", result);
                    }
                });
    }

    private void list(int node) {
        JobFilter all = JobFilter.ANY.withLimit(50);
        network.<JobPage>call(node, "list", one -> one.jobs.list(all), (page, failure) -> {
            if (page != null) {
                page.jobs()
                        .forEach(entry -> check(
                                new JobKey(
                                        entry.snapshot().job().owner(),
                                        entry.snapshot().job().id()),
                                null,
                                Optional.of(entry.snapshot())));
            }
        });
    }

    private void claim(Step step, SplittableRandom random) {
        Set<JobKind> kinds = random.nextInt(5) == 0 ? Set.of(World.REMOTE, World.EMBEDDED) : Set.of(World.REMOTE);
        Duration lease = Duration.ofMillis(1000 + random.nextInt(2000));
        Claim claim = new Claim(new WorkerId("remote"), kinds, 1 + random.nextInt(3), lease);
        String name = "claim " + claimNumber++;
        if (random.nextBoolean()) {
            claim = claim.withId(ClaimId.of(OWNERS.get(0), "claim-" + step.seed()));
        }
        Duration wait = Duration.ofMillis(random.nextBoolean() ? 0 : random.nextInt(6000));
        claim(claim, name, wait, step.node(), 5, random);
    }

    private void claim(Claim claim, String name, Duration wait, int node, int tries, SplittableRandom random) {
        unfinished++;
        network.<List<ClaimedJob>>send(
                node, name + " for " + wait, wait, one -> one.claims.awaitClaim(claim, wait), (jobs, failure) -> {
                    unfinished--;
                    if (jobs != null) {
                        jobs.forEach(job -> {
                            var unused = told(job, claim, name);
                        });
                        jobs.forEach(job -> work(job, claim, node, random));
                    } else if (claim.id() != null && tries > 0) {
                        later(pause(random), () -> claim(claim, name, wait, node + 1, tries - 1, random));
                    }
                });
    }

    /** Whether this is the first time. */
    private boolean told(ClaimedJob job, Claim claim, String name) {
        String lease = job.job().id().value() + " " + job.job().createdAt() + " "
                + job.lease().token();
        String by = claim.id() == null ? name : claim.id().value();
        String other = told.putIfAbsent(lease, by);
        if (other != null && !other.equals(by)) {
            world.breaks("a lease is given to one claim", lease);
        }
        return other == null;
    }

    private void work(ClaimedJob job, Claim claim, int node, SplittableRandom random) {
        Duration lease = claim.lease();
        JobId id = job.job().id();
        Outcome done = Node.done(id, job.lease().token().value());
        switch (random.nextInt(8)) {
            case 0 -> {} // never tells
            case 1 -> later(lease.multipliedBy(3).dividedBy(2), () -> settle(job, done, node, TRIES));
            case 2 -> later(lease.dividedBy(2), () -> renew(job, lease, node, 3));
            case 3 -> settle(job, Outcome.retry(new Failure("try again")), node, TRIES);
            case 4 -> {
                settle(job, done, node, TRIES);
                settle(job, done, node + 1, TRIES);
            }
            case 5 -> {
                settle(job, done, node, TRIES);
                settle(job, Outcome.failed(new Failure("for good")), node + 1, TRIES);
            }
            case 6 ->
                network.call(
                        node,
                        "release " + Node.shortId(id),
                        one -> one.jobs.release(id, job.lease().token()),
                        (released, failure) -> {});
            default -> later(Duration.ofMillis(random.nextInt(800)), () -> settleAll(List.of(job), node, TRIES));
        }
    }

    private void renew(ClaimedJob job, Duration lease, int node, int times) {
        unfinished++;
        network.<RenewResult>call(
                node,
                "renew " + Node.shortId(job.job().id()),
                one -> one.jobs.renew(job.job().id(), job.lease().token(), LeaseExtension.of(lease)),
                (result, failure) -> {
                    unfinished--;
                    if (times > 0 && !(result instanceof RenewResult.Lost)) {
                        later(lease.dividedBy(2), () -> renew(job, lease, node + 1, times - 1));
                    } else if (times == 0) {
                        settleAll(List.of(job), node, TRIES);
                    }
                });
    }

    private void settle(ClaimedJob job, Outcome outcome, int node, int tries) {
        unfinished++;
        OutcomeReport report = new OutcomeReport(job.job().id(), job.lease().token(), outcome);
        network.<SettleResult>call(
                node,
                "settle %s, token %d"
                        .formatted(Node.shortId(report.id()), report.token().value()),
                one -> one.jobs.settle(report),
                (result, failure) -> {
                    unfinished--;
                    if (result != null) {
                        checkEnd(report.id(), result);
                    } else if (tries > 0) {
                        later(Duration.ofMillis(400), () -> settle(job, outcome, node + 1, tries - 1));
                    }
                });
    }

    private void settleAll(List<ClaimedJob> jobs, int node, int tries) {
        unfinished++;
        List<OutcomeReport> reports = jobs.stream()
                .map(job -> new OutcomeReport(
                        job.job().id(),
                        job.lease().token(),
                        Node.done(job.job().id(), job.lease().token().value())))
                .toList();
        network.<List<SettleResult>>call(
                node,
                "settle "
                        + jobs.stream().map(job -> Node.shortId(job.job().id())).toList(),
                one -> one.jobs.settleAll(reports).stream()
                        .map(result -> result.orThrow())
                        .toList(),
                (results, failure) -> {
                    unfinished--;
                    if (results != null) {
                        for (int i = 0; i < results.size(); i++) {
                            checkEnd(reports.get(i).id(), results.get(i));
                        }
                    } else if (tries > 0) {
                        later(Duration.ofMillis(400), () -> settleAll(jobs, node + 1, tries - 1));
                    }
                });
    }

    /** Claims remote jobs at a node and completes them, one claim after the other. */
    void drain(int node) {
        if (!draining) {
            return;
        }
        Claim claim = new Claim(new WorkerId("drain"), Set.of(World.REMOTE), 3, Duration.ofSeconds(2));
        Duration wait = Duration.ofSeconds(1);
        String name = "drain " + claimNumber++;
        network.<List<ClaimedJob>>send(node, name, wait, one -> one.claims.awaitClaim(claim, wait), (jobs, failure) -> {
            if (jobs == null) {
                world.time.post(world.outside, Duration.ofMillis(100), () -> drain(node));
                return;
            }
            jobs.forEach(job -> {
                var unused = told(job, claim, name);
            });
            if (!jobs.isEmpty()) {
                settleAll(jobs, node, TRIES);
            }
            drain(node);
        });
    }

    void stopDraining() {
        draining = false;
    }

    /** Lets a read and a claim wait for what does not come. */
    void waitInVain(int node) {
        Duration minute = Duration.ofMinutes(1);
        known.stream()
                .findFirst()
                .ifPresent(job -> network.<Optional<JobSnapshot>>send(
                        node,
                        "wait in vain",
                        minute,
                        one -> one.watch.awaitStatus(job, now -> false, minute).answer(),
                        (found, failure) -> {}));
        Claim claim = new Claim(new WorkerId("idle"), Set.of(new JobKind("none")), 1, Duration.ofSeconds(2));
        network.<List<ClaimedJob>>send(
                node, "claim in vain", minute, one -> one.claims.awaitClaim(claim, minute), (jobs, failure) -> {});
    }
}
