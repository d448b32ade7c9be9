package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.SettleResult;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Signals the changes of a store to waiting calls, and tells observers of them. Safe for use from any thread. */
final class ChangeNews {
    private final JobSignals.Listener signals;
    private final JobObservers observers;
    private final Predicate<JobKind> limited;

    /** @param limited the kinds of which claims wait for the end of other jobs */
    ChangeNews(JobSignals.Listener signals, JobObservers observers, Predicate<JobKind> limited) {
        this.signals = signals;
        this.observers = observers;
        this.limited = limited;
    }

    /** New jobs are stored. */
    void stored(List<NewJob> jobs) {
        Stream<NewJob> waiting = jobs.stream().filter(job -> job.lease() == null);
        waiting.map(NewJob::kind).distinct().forEach(signals::workAvailable);
        jobs.forEach(job -> observers.accepted(job.kind(), job.lease() != null));
    }

    /** A new job that waits for a claim is stored. */
    void stored(JobKind kind) {
        signals.workAvailable(kind);
        observers.accepted(kind, false);
    }

    /** An outcome or a cancellation was applied. */
    void settled(Effect<SettleResult> effect) {
        if (effect.changed() && effect.result() instanceof SettleResult.Accepted accepted) {
            AsyncJob job = accepted.job().job();
            signals.jobChanged(job.id());
            if (job instanceof AsyncJob.Pending || limited.test(job.kind())) {
                signals.workAvailable(job.kind());
            }
        }
        JobWriter.Changed change = effect.settled();
        if (change != null) {
            tell(change);
        }
    }

    /** A job has ended since its attempts are spent. */
    void spent(JobWriter.Changed change) {
        signals.jobChanged(new JobId(change.row().id()));
        tell(change);
    }

    private void tell(JobWriter.Changed change) {
        change.tell(observers);
        if (change.delivery() != null) {
            signals.workAvailable(Callback.KIND);
        }
    }
}
