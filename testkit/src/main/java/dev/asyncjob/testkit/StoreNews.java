package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.time.Instant;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The signals and events of {@link InMemoryJobStore}, kept until the change that caused them is made. */
final class StoreNews {
    final JobObservers observers = new JobObservers();
    private final JobSignals.Listener signals;
    private final Queue<Runnable> unsent = new ConcurrentLinkedQueue<>();

    StoreNews(JobSignals.Listener signals) {
        this.signals = signals;
    }

    void workAvailable(JobKind kind) {
        unsent.add(() -> signals.workAvailable(kind));
    }

    void jobChanged(JobId id) {
        unsent.add(() -> signals.jobChanged(id));
    }

    void tell(Consumer<JobObservers> event) {
        unsent.add(() -> event.accept(observers));
    }

    /** Tells at once that a worker asks. */
    void asked(Consumer<JobObserver> event) {
        observers.tell(event);
    }

    /** Makes a change that ends an attempt or the job, and has it told. */
    void changes(StoredJob row, Runnable change, Instant now) {
        boolean leased = row.held;
        Instant begun = row.claimedAt;
        change.run();
        AsyncJob job = row.job;
        Instant promised = row.firstPending().eta().planned();
        tell(told -> told.changed(job, leased, begun, promised, now));
        jobChanged(job.id());
        if (job instanceof AsyncJob.Pending) {
            workAvailable(job.kind());
        }
    }

    /** Carries an intent out as one, and sends what it has to tell. */
    <T> T committed(Object lock, Supplier<T> intent) {
        T answer;
        synchronized (lock) {
            answer = intent.get();
        }
        send();
        return answer;
    }

    /** Sends everything, without any lock. */
    private void send() {
        for (Runnable message = unsent.poll(); message != null; message = unsent.poll()) {
            message.run();
        }
    }
}
