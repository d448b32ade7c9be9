package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A client of a store that crashes: asks for one thing after another, and notes what it was told in the
 * {@link CrashLedger}. It outlives the store, with the leases that it holds. For use by one thread at a time.
 */
final class CrashClient {
    private static final int OPERATIONS = 8;
    /** The length to which leases are renewed: no renewal makes one shorter. */
    private static final Duration LONGER = Lease.MAX;

    private static final int MAX_PAYLOAD = 30_000;

    private final CrashLedger ledger;
    private final SplittableRandom random;
    private final List<HeldLease> held = new ArrayList<>();

    CrashClient(CrashLedger ledger, SplittableRandom random) {
        this.ledger = ledger;
        this.random = random;
    }

    /** The store of one life. */
    private record Store(JobStore jobs, FaultyDisk disk) {
        /** Returns the answer, unless the store is unavailable, or the answer comes after the crash. */
        <T> Optional<T> answer(Supplier<T> call) {
            try {
                T answer = call.get();
                return disk.crashed() ? Optional.empty() : Optional.of(answer);
            } catch (StoreUnavailable e) {
                LockSupport.parkNanos(500_000);
                return Optional.empty();
            }
        }
    }

    /** Changes jobs, until it has done enough or the store crashes. */
    void write(JobStore jobs, Connection admin, FaultyDisk disk) {
        Store store = new Store(jobs, disk);
        for (int done = 0; done < OPERATIONS && !disk.crashed(); done++) {
            int dice = random.nextInt(100);
            if (dice < 25) {
                var unused = schedule(jobs, disk);
            } else if (dice < 32) {
                scheduleBatch(store);
            } else if (dice < 48) {
                claim(store);
            } else if (dice < 80) {
                work(store, dice);
            } else if (dice < 86) {
                cancel(store);
            } else if (dice < 90) {
                forget(store, admin);
            } else if (dice < 94) {
                var unused = store.answer(() -> {
                    jobs.maintain();
                    return true;
                });
            } else {
                ledger.some(1, random).stream()
                        .filter(job -> ledger.mayRepeat(job.id()))
                        .forEach(job -> schedule(store, job));
            }
        }
    }

    /** Reads jobs until the writers are done. */
    void read(JobStore jobs, FaultyDisk disk, BooleanSupplier done) {
        Store store = new Store(jobs, disk);
        while (!done.getAsBoolean() && !disk.crashed()) {
            LockSupport.parkNanos(random.nextInt(1_000_000));
            List<NewJob> some = ledger.some(3, random);
            Set<JobKey> keys = new HashSet<>();
            some.forEach(job -> keys.add(new JobKey(job.owner(), job.id())));
            switch (random.nextInt(3)) {
                case 0 ->
                    some.forEach(job -> store.answer(() -> jobs.find(job.owner(), job.id()))
                            .flatMap(found -> found)
                            .ifPresent(ledger::seen));
                case 1 -> store.answer(() -> jobs.find(keys)).ifPresent(found -> found.forEach(ledger::seen));
                default ->
                    store.answer(() -> jobs.list(JobFilter.ANY.withLimit(20)))
                            .ifPresent(page -> page.jobs().forEach(entry -> ledger.seen(entry.snapshot())));
            }
        }
    }

    private NewJob newJob() {
        String text = Integer.toString(random.nextInt()).repeat(1 + random.nextInt(10));
        int length = random.nextInt(8) == 0 ? random.nextInt(MAX_PAYLOAD) : random.nextInt(300);
        return ledger.begins(Jobs.newJob()
                .withPayload(new Payload('"' + text.repeat(1 + length / text.length()) + '"')));
    }

    /** Schedules a new job; empty if there is no answer. */
    Optional<ScheduleResult> schedule(JobStore jobs, FaultyDisk disk) {
        return schedule(new Store(jobs, disk), newJob());
    }

    private Optional<ScheduleResult> schedule(Store store, NewJob job) {
        Optional<ScheduleResult> answer = store.answer(() -> store.jobs().schedule(job, Jobs.EXPECTED));
        answer.ifPresent(result -> noteScheduled(job, result));
        return answer;
    }

    private void noteScheduled(NewJob job, ScheduleResult result) {
        if (result instanceof ScheduleResult.Accepted) {
            ledger.acknowledged(job.id());
        } else {
            ledger.violated(job.id(), "is refused: " + result);
        }
    }

    private void scheduleBatch(Store store) {
        List<ScheduleCommand> all = IntStream.range(0, random.nextInt(1, 8))
                .mapToObj(i -> new ScheduleCommand(newJob(), Jobs.EXPECTED))
                .toList();
        store.answer(() -> store.jobs().scheduleBatch(all)).ifPresent(results -> {
            for (int i = 0; i < all.size(); i++) {
                NewJob job = all.get(i).job();
                results.get(i).ifPresent(result -> noteScheduled(job, result));
            }
        });
    }

    private void claim(Store store) {
        long began = ledger.moment();
        store.answer(() -> Jobs.claimFrom(store.jobs(), random.nextInt(1, 5))).ifPresent(claimed -> {
            ledger.given(claimed, began);
            for (ClaimedJob job : claimed) {
                held.add(new HeldLease(job.job().id(), job.lease().token()));
            }
        });
    }

    private void work(Store store, int dice) {
        if (held.isEmpty()) {
            claim(store);
        } else if (dice < 54) {
            renew(store, held.get(random.nextInt(held.size())));
        } else if (dice < 58) {
            renewAll(store);
        } else if (dice < 68) {
            settle(store, held.remove(random.nextInt(held.size())));
        } else if (dice < 74) {
            settleBatch(store);
        } else {
            release(store, held.remove(random.nextInt(held.size())));
        }
    }

    private void renew(Store store, HeldLease one) {
        LeaseExtension extension = LeaseExtension.of(LONGER);
        store.answer(() -> store.jobs().renew(one.id(), one.token(), extension))
                .ifPresent(result -> result.fold(
                        lease -> {
                            ledger.leased(one.id(), lease);
                            return true;
                        },
                        lost -> {
                            ledger.seen(lost);
                            return held.remove(one);
                        },
                        () -> held.remove(one)));
    }

    private void renewAll(Store store) {
        Instant began = Clock.systemUTC().instant();
        store.answer(() -> store.jobs().renewBatch(Set.copyOf(held), LONGER))
                .ifPresent(renewed -> renewed.forEach(
                        one -> ledger.leased(one.id(), new Lease(one.token(), Jobs.WORKER, began.plus(LONGER)))));
    }

    private Outcome outcome() {
        return switch (random.nextInt(4)) {
            case 0 -> Outcome.failed(Failure.coded(random.nextInt(1000), "no"));
            case 1 -> Outcome.retry(Failure.coded(1, "later"));
            default -> Jobs.DONE;
        };
    }

    private void noteSettled(SettleResult result) {
        result.fold(
                job -> {
                    ledger.seen(job);
                    return true;
                },
                job -> {
                    ledger.seen(job);
                    return true;
                },
                () -> false);
    }

    private void settle(Store store, HeldLease one) {
        ledger.mayEnd(one.id());
        OutcomeReport report = new OutcomeReport(one.id(), one.token(), outcome());
        store.answer(() -> store.jobs().settle(report)).ifPresent(this::noteSettled);
    }

    private void settleBatch(Store store) {
        List<OutcomeReport> reports = held.stream()
                .map(one -> new OutcomeReport(one.id(), one.token(), outcome()))
                .toList();
        held.clear();
        reports.forEach(report -> ledger.mayEnd(report.id()));
        store.answer(() -> store.jobs().settleBatch(reports)).ifPresent(results -> {
            results.forEach(result -> result.ifPresent(this::noteSettled));
        });
    }

    private void release(Store store, HeldLease one) {
        ledger.mayBeReleased(one.id());
        var unused = store.answer(() -> store.jobs().release(one.id(), one.token()));
    }

    private void cancel(Store store) {
        for (NewJob job : ledger.some(1, random)) {
            ledger.mayEnd(job.id());
            store.answer(() -> store.jobs().cancel(job.owner(), job.id())).ifPresent(this::noteSettled);
        }
    }

    /** Lets the retention of some ended jobs pass, and removes them. */
    private void forget(Store store, Connection admin) {
        List<JobId> some = ledger.mayForget(ledger.some(10, random));
        synchronized (admin) {
            try {
                // as a store does, or a crash could leave a part of it
                var unused = H2Commit.durably(admin, true, () -> endRetention(admin, some));
            } catch (StoreUnavailable e) {
                return; // a lock, or no room
            }
        }
        var unused = store.answer(() -> store.jobs().forget(100));
    }

    private static int endRetention(Connection admin, List<JobId> ids) {
        try (PreparedStatement statement = admin.prepareStatement(
                "update asyncjob.job set kept_until = dateadd(day, -1, kept_until) where id = ?")) {
            for (JobId id : ids) {
                statement.setObject(1, id.value());
                statement.addBatch();
            }
            return statement.executeBatch().length;
        } catch (SQLException e) {
            throw new StoreUnavailable(e);
        }
    }
}
