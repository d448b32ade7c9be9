package dev.asyncjob.application;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The readers of {@link StatusWatch}, by job and by deadline. One thread at a time may use it; only
 * {@link #contains(JobId)} is safe for use from any thread.
 */
final class WaitingReaders {
    private final Map<JobId, Set<Reader>> byJob = new ConcurrentHashMap<>();
    private final NavigableSet<Reader> byDeadline = new TreeSet<>();

    /** A reader that waits for one job until a deadline on {@link System#nanoTime()}. */
    static final class Reader implements Comparable<Reader> {
        final JobKey job;
        final CompletableFuture<Optional<JobSnapshot>> answer = new CompletableFuture<>();
        private final Predicate<JobSnapshot> endsWait;
        private final long deadline;
        private final long number;
        private volatile boolean ended;

        /** Whether no query for it has succeeded yet: it then fails with the store instead of waiting for it. */
        private boolean isNew = true;

        /** @param number tells readers with the same deadline apart */
        Reader(long number, JobKey job, Predicate<JobSnapshot> endsWait, Duration wait) {
            this.number = number;
            this.job = job;
            this.endsWait = endsWait;
            this.deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(wait);
        }

        /** Ends its wait; its next answer is the job as it then stands. */
        void endWait() {
            ended = true;
        }

        boolean isOver() {
            return ended || deadline - System.nanoTime() <= 0;
        }

        /** Whether the reader gets the job as it stands now. */
        boolean accepts(Optional<JobSnapshot> found) {
            isNew = false;
            return isOver() || found.map(endsWait::test).orElse(true);
        }

        /** Whether the reader fails with a query that has failed. */
        boolean failsWithStore() {
            return isNew || isOver();
        }

        @Override
        public int compareTo(Reader other) {
            int order = Long.signum(deadline - other.deadline);
            return order != 0 ? order : Long.compare(number, other.number);
        }
    }

    void add(Reader reader) {
        byJob.computeIfAbsent(reader.job.id(), id -> new HashSet<>()).add(reader);
        byDeadline.add(reader);
    }

    void remove(Reader reader) {
        byDeadline.remove(reader);
        byJob.computeIfPresent(reader.job.id(), (id, others) -> {
            others.remove(reader);
            return others.isEmpty() ? null : others;
        });
    }

    boolean isEmpty() {
        return byDeadline.isEmpty();
    }

    boolean contains(JobId id) {
        return byJob.containsKey(id);
    }

    /** The jobs for which readers wait. */
    Set<JobId> jobs() {
        return byJob.keySet();
    }

    /** The readers of these jobs. */
    List<Reader> of(Collection<JobId> jobs) {
        return jobs.stream()
                .flatMap(id -> byJob.getOrDefault(id, Set.of()).stream())
                .toList();
    }

    /** Adds the jobs of readers whose time is up. */
    void addOverdue(Set<JobId> jobs) {
        for (Reader reader : byDeadline) {
            if (!reader.isOver()) {
                break;
            }
            jobs.add(reader.job.id());
        }
    }

    /** How many nanoseconds are left until the first deadline. */
    long nanosLeft() {
        return byDeadline.first().deadline - System.nanoTime();
    }

    void endAll() {
        byDeadline.forEach(Reader::endWait);
    }
}
