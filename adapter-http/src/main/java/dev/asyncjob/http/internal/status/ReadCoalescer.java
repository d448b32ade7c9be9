package dev.asyncjob.http.internal.status;

import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Answers many readers with few questions: while one is under way, those who come gather, and the next is asked for all
 * of them.
 *
 * <p>Nobody waits for a timer, and everybody's question begins after they came, so an answer is as fresh as if each had
 * asked alone. Thread-safe.
 */
final class ReadCoalescer {
    /** Jobs that are asked for at once, at most. */
    static final int MAX_TOGETHER = 500;

    /** Who has waited for longer through a question that failed is not made to wait through another. */
    static final Duration PATIENCE = Duration.ofMillis(400);

    private final GetJobStatus getJobStatus;
    private Map<JobKey, Reader> gathered = new LinkedHashMap<>();
    private boolean asking;

    ReadCoalescer(GetJobStatus getJobStatus) {
        this.getJobStatus = getJobStatus;
    }

    /** All who read one job, since the first of them came. */
    private record Reader(long since, CompletableFuture<Optional<JobSnapshot>> answer) {
        Reader() {
            this(System.nanoTime(), new CompletableFuture<>());
        }

        boolean hasWaited(Duration time) {
            return System.nanoTime() - since > time.toNanos();
        }
    }

    /**
     * The job as it stands, or the failure of who was asked.
     *
     * @param executor runs the question, and completes the answer
     */
    CompletableFuture<Optional<JobSnapshot>> of(JobKey job, Executor executor) {
        CompletableFuture<Optional<JobSnapshot>> answer;
        boolean first;
        synchronized (this) {
            answer = gathered.computeIfAbsent(job, key -> new Reader()).answer();
            first = !asking;
            asking = true;
        }
        if (first) {
            begin(executor);
        }
        return answer;
    }

    private void begin(Executor executor) {
        try {
            executor.execute(() -> ask(executor));
        } catch (RejectedExecutionException e) { // the server has stopped: better here than never
            ask(executor);
        }
    }

    /** Asks for those who wait; the next question is asked while the answers to this one are given. */
    private void ask(Executor executor) {
        Runnable answers = answersTo(take());
        if (somebodyWaits()) {
            begin(executor);
        }
        answers.run();
    }

    private Runnable answersTo(Map<JobKey, Reader> readers) {
        try {
            Map<JobKey, JobSnapshot> found = new HashMap<>();
            for (JobSnapshot job : getJobStatus.statuses(readers.keySet())) {
                found.put(new JobKey(job.job().owner(), job.job().id()), job);
            }
            return () ->
                    readers.forEach((job, reader) -> reader.answer().complete(Optional.ofNullable(found.get(job))));
        } catch (StoreUnavailable e) {
            List<Reader> impatient = takeImpatient();
            return () -> {
                fail(readers.values(), e);
                fail(impatient, e);
            };
        } catch (Throwable e) { // one job that cannot be read must not keep others from being read
            return () -> askOneByOne(readers);
        }
    }

    private synchronized boolean somebodyWaits() {
        asking = !gathered.isEmpty();
        return asking;
    }

    private synchronized Map<JobKey, Reader> take() {
        Map<JobKey, Reader> taken = gathered;
        gathered = new LinkedHashMap<>();
        if (taken.size() > MAX_TOGETHER) {
            taken.entrySet().stream()
                    .skip(MAX_TOGETHER)
                    .forEach(later -> gathered.put(later.getKey(), later.getValue()));
            taken.keySet().removeAll(gathered.keySet());
        }
        return taken;
    }

    private synchronized List<Reader> takeImpatient() {
        List<Reader> impatient = gathered.values().stream()
                .filter(reader -> reader.hasWaited(PATIENCE))
                .toList();
        gathered.values().removeAll(impatient);
        return impatient;
    }

    private void askOneByOne(Map<JobKey, Reader> readers) {
        for (Map.Entry<JobKey, Reader> reader : readers.entrySet()) {
            try {
                List<JobSnapshot> found = getJobStatus.statuses(Set.of(reader.getKey()));
                reader.getValue().answer().complete(found.stream().findFirst());
            } catch (StoreUnavailable e) {
                fail(readers.values(), e);
                return;
            } catch (Throwable e) {
                fail(List.of(reader.getValue()), e);
            }
        }
    }

    private static void fail(Collection<Reader> readers, Throwable failure) {
        readers.forEach(reader -> reader.answer().completeExceptionally(failure));
    }
}
