package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.HeldLease;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.NewJob;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the clients of a store were told before its crashes, and what it must therefore show after them. Safe for use
 * from any thread.
 */
final class CrashLedger {
    private final Map<JobId, Known> jobs = new ConcurrentHashMap<>();
    private final List<JobId> ids = new ArrayList<>();
    private final Set<HeldLease> given = ConcurrentHashMap.newKeySet();
    private final AtomicLong moments = new AtomicLong();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();

    /** A job as clients know it. */
    static final class Known {
        final NewJob job;
        private boolean acknowledged;
        private boolean mayHaveEnded;
        private boolean mayBeForgotten;
        private boolean mayBeRepeated;
        private AsyncJob.@Nullable Ended end;
        private long endSeen;
        private @Nullable Lease lease;

        private Known(NewJob job) {
            this.job = job;
        }
    }

    /** Notes a job that is about to be scheduled. */
    NewJob begins(NewJob job) {
        jobs.put(job.id(), new Known(job));
        synchronized (ids) {
            ids.add(job.id());
        }
        return job;
    }

    /** Returns some jobs that were begun, the later ones more often; the same one may be there twice. */
    List<NewJob> some(int max, SplittableRandom random) {
        synchronized (ids) {
            return ids.isEmpty()
                    ? List.of()
                    : IntStream.range(0, max)
                            .mapToObj(i -> ids.get(Math.max(random.nextInt(ids.size()), random.nextInt(ids.size()))))
                            .map(id -> known(id).job)
                            .toList();
        }
    }

    int size() {
        return jobs.size();
    }

    private Known known(JobId id) {
        Known known = jobs.get(id);
        if (known == null) {
            throw new IllegalStateException("not begun: " + id);
        }
        return known;
    }

    /** Notes an answer that says that the job is stored. */
    void acknowledged(JobId id) {
        Known known = known(id);
        synchronized (known) {
            known.acknowledged = true;
        }
    }

    /** Notes that a worker is about to release a job. */
    void mayBeReleased(JobId id) {
        Known known = known(id);
        synchronized (known) {
            known.lease = null;
        }
    }

    /** Notes that a client is about to end a job, or to let another attempt follow. */
    void mayEnd(JobId id) {
        Known known = known(id);
        synchronized (known) {
            known.mayHaveEnded = true;
            known.lease = null;
        }
    }

    /** Returns whether a job may be scheduled again: not when it may be forgotten, since it is a new one then. */
    boolean mayRepeat(JobId id) {
        Known known = known(id);
        synchronized (known) {
            known.mayBeRepeated |= !known.mayBeForgotten;
            return known.mayBeRepeated;
        }
    }

    /** Returns some ended jobs, which may be forgotten from now on. */
    List<JobId> mayForget(List<NewJob> some) {
        return some.stream()
                .map(NewJob::id)
                .filter(id -> {
                    Known known = known(id);
                    synchronized (known) {
                        known.mayBeForgotten |= known.end != null && !known.mayBeRepeated;
                        return known.mayBeForgotten;
                    }
                })
                .toList();
    }

    /** Returns the present moment, which is later than all that was noted before. */
    long moment() {
        return moments.incrementAndGet();
    }

    /** Notes jobs that a claim has given out which began at this moment. */
    void given(List<ClaimedJob> claimed, long began) {
        for (ClaimedJob job : claimed) {
            JobId id = job.job().id();
            Known known = known(id);
            synchronized (known) {
                if (known.end != null && known.endSeen < began) {
                    violated(id, "is leased after its end");
                }
            }
            if (!given.add(new HeldLease(id, job.lease().token()))) {
                violated(
                        id,
                        "is given out twice with token " + job.lease().token().value());
            }
            leased(id, job.lease());
        }
    }

    /** Notes a lease as its holder knows it. */
    void leased(JobId id, Lease lease) {
        Known known = known(id);
        synchronized (known) {
            known.lease = known.mayHaveEnded ? null : lease;
        }
    }

    /** Notes a job that was seen. */
    void seen(JobSnapshot snapshot) {
        AsyncJob job = snapshot.job();
        Known known = jobs.get(job.id());
        if (known == null) {
            violated(job.id(), "was never scheduled");
            return;
        }
        synchronized (known) {
            if (job instanceof AsyncJob.Ended ended && !known.mayBeForgotten) {
                if (!known.mayHaveEnded) {
                    violated(job.id(), "has ended, and nobody ended it: " + job);
                }
                if (known.end == null) {
                    known.end = ended;
                    known.endSeen = moment();
                } else if (!known.end.equals(ended)) {
                    violated(job.id(), "ended as " + known.end + " and then as " + ended);
                }
            }
        }
    }

    void violated(JobId id, String how) {
        violated("job " + id + " " + how);
    }

    void violated(String what) {
        violations.add(what);
    }

    /** Compares all that was told with all that the store shows, while nothing else uses it. */
    void check(JobStore store) {
        Map<JobId, JobPage.Entry> shown = new HashMap<>();
        Optional<JobFilter> filter = Optional.of(JobFilter.ANY);
        while (filter.isPresent()) {
            JobPage page = store.list(filter.get());
            page.jobs().forEach(entry -> shown.put(entry.snapshot().job().id(), entry));
            filter = page.next().map(JobFilter.ANY::after);
        }
        shown.values().forEach(entry -> seen(entry.snapshot()));
        jobs.forEach((id, known) -> check(id, known, shown.get(id)));
    }

    private void check(JobId id, Known known, JobPage.@Nullable Entry entry) {
        synchronized (known) {
            if (known.mayBeForgotten) {
                return;
            }
            if (entry == null) {
                if (known.acknowledged) {
                    violated(id, "was acknowledged and is lost; it had " + (known.end == null ? "not " : "") + "ended");
                }
                return;
            }
            if (known.end != null && !known.end.equals(entry.snapshot().job())) {
                violated(
                        id,
                        "ended as " + known.end + " and is " + entry.snapshot().job());
            }
            Lease told = known.lease;
            Lease now = entry.lease();
            if (told != null
                    && !known.mayHaveEnded
                    && (now == null
                            || !told.token().equals(now.token())
                            || now.expiresAt().isBefore(told.expiresAt()))) {
                violated(id, "was leased as " + told + " and has " + now);
            }
        }
    }

    List<String> violations() {
        return List.copyOf(violations);
    }
}
