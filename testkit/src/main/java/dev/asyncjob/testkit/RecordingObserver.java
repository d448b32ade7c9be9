package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobObserver;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told, in order: a line for each event, and its times beside it. Safe for use from any thread. */
final class RecordingObserver implements JobObserver {
    final List<Duration> waited = new CopyOnWriteArrayList<>();
    final List<Duration> took = new CopyOnWriteArrayList<>();
    final List<List<Instant>> ends = new CopyOnWriteArrayList<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();

    /** What was told since the last call. */
    List<String> told() {
        List<String> told = new ArrayList<>(lines);
        lines.clear();
        return told;
    }

    @Override
    public void accepted(JobKind kind) {
        lines.add("accepted " + kind.value());
    }

    @Override
    public void asked(WorkerId worker, Set<JobKind> kinds) {
        lines.add("asked " + worker.value()
                + kinds.stream().map(JobKind::value).sorted().toList());
    }

    @Override
    public void begun(JobKind kind, Duration since) {
        waited.add(since);
        lines.add("begun " + kind.value());
    }

    @Override
    public void attemptEnded(JobKind kind, AttemptEnd end, @Nullable Duration time) {
        if (time != null) {
            took.add(time);
        }
        lines.add("attempt " + end + " " + kind.value());
    }

    @Override
    public void ended(JobKind kind, JobEnd end, Instant createdAt, Instant promised, Instant endedAt) {
        ends.add(List.of(createdAt, promised, endedAt));
        lines.add("job " + end + " " + kind.value());
    }
}
