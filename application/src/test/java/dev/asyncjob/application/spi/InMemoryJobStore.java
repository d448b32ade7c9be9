package dev.asyncjob.application.spi;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Scheduling;
import dev.asyncjob.domain.Settlement;
import dev.asyncjob.domain.WorkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The shortest honest {@link JobStore}: everything it promises, except surviving the process.
 *
 * <p>One lock makes every intent whole; signals are sent after it is given up. Safe for use from any thread.
 */
public final class InMemoryJobStore implements JobStore {
    private final WorkPolicy policy;
    private final InstantSource clock;
    private final JobSignals.Listener signals;
    private final Map<JobId, Row> rows = new LinkedHashMap<>();
    private final Queue<Consumer<JobSignals.Listener>> news = new ConcurrentLinkedQueue<>();

    /**
     * An empty store.
     *
     * @param policy attempts, rests and retention
     * @param clock the store's own clock
     * @param signals told of every change
     */
    public InMemoryJobStore(WorkPolicy policy, InstantSource clock, InMemoryJobSignals signals) {
        this.policy = policy;
        this.clock = clock;
        this.signals = signals;
    }

    @Override
    public Scheduling schedule(NewJob job, Duration expected) {
        return committed(() -> {
            Instant now = now();
            Row row = readable(job.id(), now);
            if (row == null) {
                row = new Row(job, job.acceptedAt(now, expected), policy);
                rows.put(job.id(), row);
                tellOfWork(row);
            }
            return row.fingerprint.equals(job.fingerprint())
                    ? new Scheduling.Accepted(new JobSnapshot(row.job, now))
                    : new Scheduling.Contradiction();
        });
    }

    @Override
    public Optional<JobSnapshot> find(Owner reader, JobId id) {
        return committed(() -> {
            Instant now = now();
            return Optional.ofNullable(readable(id, now))
                    .filter(row -> row.job.owner().equals(reader))
                    .map(row -> new JobSnapshot(row.job, now));
        });
    }

    @Override
    public List<ClaimedJob> claim(Claim claim) {
        return committed(() -> {
            Instant now = now();
            return rows.values().stream()
                    .filter(row -> row.isDue(now) && !row.attempts.spent())
                    .filter(row -> claim.kinds().contains(row.job.kind()))
                    .sorted(Comparator.comparing(row -> row.dueAt))
                    .limit(claim.max())
                    .map(row -> row.claim(claim, now))
                    .toList();
        });
    }

    @Override
    public Optional<Lease> renew(JobId id, LeaseToken token, Duration length) {
        Lease.length(length);
        return committed(() -> Optional.ofNullable(rows.get(id))
                .flatMap(row -> row.heldWith(token))
                .map(held -> held.renew(now().plus(length))));
    }

    @Override
    public boolean release(JobId id, LeaseToken token) {
        return committed(() -> {
            Optional<Row> held = Optional.ofNullable(rows.get(id)).flatMap(row -> row.heldWith(token));
            held.ifPresent(row -> row.release(now()));
            held.ifPresent(this::tellOfWork);
            return held.isPresent();
        });
    }

    @Override
    public Settlement settle(JobId id, LeaseToken token, Outcome outcome) {
        return committed(() -> {
            Instant now = now();
            Row row = readable(id, now);
            if (row == null) {
                return new Settlement.Unknown();
            }
            if (row.heldWith(token).isPresent()) {
                row.settle(outcome, now, policy);
                tellOfChange(row);
            }
            JobSnapshot snapshot = new JobSnapshot(row.job, now);
            return row.wasSettledWith(token, outcome)
                    ? new Settlement.Accepted(snapshot)
                    : new Settlement.Refused(snapshot);
        });
    }

    @Override
    public int failSpent(int max) {
        return committed(() -> {
            Instant now = now();
            List<Row> spent = rows.values().stream()
                    .filter(row -> row.isDue(now) && row.attempts.spent())
                    .limit(max)
                    .toList();
            spent.forEach(row -> row.end(row.pending().fail(Failure.ATTEMPTS_SPENT, now, policy.retention())));
            spent.forEach(this::tellOfChange);
            return spent.size();
        });
    }

    @Override
    public int forget(int max) {
        return committed(() -> {
            Instant now = now();
            Collection<JobId> past = rows.values().stream()
                    .filter(row -> row.isPastRetention(now))
                    .limit(max)
                    .map(row -> row.job.id())
                    .toList();
            rows.keySet().removeAll(past);
            return past.size();
        });
    }

    @Override
    public Instant now() {
        return clock.instant();
    }

    private @Nullable Row readable(JobId id, Instant now) {
        Row row = rows.get(id);
        return row == null || row.isPastRetention(now) ? null : row;
    }

    private void tellOfWork(Row row) {
        news.add(listener -> listener.workAvailable(row.job.kind()));
    }

    private void tellOfChange(Row row) {
        news.add(listener -> listener.jobChanged(row.job.id()));
        if (row.job instanceof AsyncJob.Pending) {
            tellOfWork(row);
        }
    }

    private <T> T committed(Supplier<T> intent) {
        T answer;
        synchronized (rows) {
            answer = intent.get();
        }
        for (var message = news.poll(); message != null; message = news.poll()) {
            message.accept(signals);
        }
        return answer;
    }

    /** A job and what workers need beyond it. */
    private static final class Row {
        final String fingerprint;
        final Payload payload;
        AsyncJob job;
        Attempts attempts;

        /** When it may be claimed; while it is leased, when the lease runs out. */
        Instant dueAt;

        /** The newest lease. */
        @Nullable
        Lease lease;

        /** Whether the newest lease was neither settled nor released. */
        boolean held;

        /** The outcome that settled the newest lease. */
        @Nullable
        String settledAs;

        Row(NewJob asked, AsyncJob.Pending job, WorkPolicy policy) {
            this.fingerprint = asked.fingerprint();
            this.payload = asked.payload();
            this.job = job;
            this.attempts = Attempts.none(asked.maxAttempts() == null ? policy.maxAttempts() : asked.maxAttempts());
            this.dueAt = job.eta().from();
        }

        AsyncJob.Pending pending() {
            return (AsyncJob.Pending) job;
        }

        boolean isDue(Instant now) {
            return job instanceof AsyncJob.Pending && !dueAt.isAfter(now);
        }

        boolean isPastRetention(Instant now) {
            return job instanceof AsyncJob.Ended ended && !ended.keptUntil().isAfter(now);
        }

        Optional<Row> heldWith(LeaseToken token) {
            return held && isNewest(token) ? Optional.of(this) : Optional.empty();
        }

        boolean wasSettledWith(LeaseToken token, Outcome outcome) {
            return isNewest(token) && outcome.fingerprint().equals(settledAs);
        }

        private boolean isNewest(LeaseToken token) {
            return lease != null && lease.token().equals(token);
        }

        ClaimedJob claim(Claim claim, Instant now) {
            attempts = attempts.next();
            LeaseToken token = lease == null ? LeaseToken.FIRST : lease.token().next();
            Lease fresh = new Lease(token, claim.worker(), now.plus(claim.lease()));
            lease = fresh;
            dueAt = fresh.expiresAt();
            held = true;
            settledAs = null;
            return new ClaimedJob(pending(), attempts, fresh, payload);
        }

        Lease renew(Instant expiresAt) {
            Lease old = Optional.ofNullable(lease).orElseThrow();
            Lease renewed = new Lease(old.token(), old.worker(), expiresAt);
            lease = renewed;
            dueAt = expiresAt;
            return renewed;
        }

        void release(Instant now) {
            attempts = new Attempts(attempts.made() - 1, attempts.max());
            dueAt = now;
            held = false;
        }

        void settle(Outcome outcome, Instant now, WorkPolicy policy) {
            settledAs = outcome.fingerprint();
            end(outcome.applyTo(pending(), attempts, now, policy));
        }

        void end(AsyncJob next) {
            job = next;
            held = false;
            if (next instanceof AsyncJob.Pending again) {
                dueAt = again.eta().from();
            }
        }
    }
}
