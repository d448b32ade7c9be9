package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.VirtualTime.Host;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.Backoff;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.SettableClock;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the nodes of one simulation share: time, the store with its clock, signals, and the verdict. */
final class World {
    /** The jobs that embedded workers handle. */
    static final JobKind EMBEDDED = new JobKind("embedded");

    /** The jobs that remote workers claim. */
    static final JobKind REMOTE = new JobKind("remote");

    private static final WorkPolicy POLICY = new WorkPolicy(
            Duration.ofSeconds(2),
            4,
            new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1)),
            Duration.ofDays(30),
            Duration.ofSeconds(1),
            new Backlog(1000, 1 << 20),
            Duration.ofDays(30),
            Duration.ZERO);

    final VirtualTime time;
    final Host outside = new Host("clients");
    final WorkPolicy policy;
    /** The nodes that hear signals, in a fixed order. */
    final List<Node> heard = new ArrayList<>();

    final Truth truth;
    final boolean slow;
    final @Nullable List<String> trace;
    private Duration clockOffset = Duration.ZERO;
    private @Nullable Broken broken;

    /** A promise that does not hold, and what shows it. */
    record Broken(String promise, String shownBy) {}

    World(VirtualTime time, Plan plan, boolean traced) {
        this.time = time;
        this.slow = plan.slow();
        this.trace = traced ? new ArrayList<>() : null;
        this.policy = plan.shortRetention() ? POLICY.withRetention(Duration.ofSeconds(4)) : POLICY;
        LocalJobSignals committed = new LocalJobSignals();
        var unused = committed.subscribe(new JobSignals.PromptListener() {
            @Override
            public void workAvailable(JobKind kind) {
                heard.forEach(node -> node.deliver(listener -> listener.workAvailable(kind)));
            }

            @Override
            public void jobChanged(JobId id) {
                heard.forEach(node -> node.deliver(listener -> listener.jobChanged(id)));
            }
        });
        InMemoryJobStore store = new InMemoryJobStore(policy, this::clock, committed);
        this.truth = new Truth(store, policy.maxAttempts(), this::breaks);
    }

    /** The store's clock. */
    Instant clock() {
        return SettableClock.START.plusNanos(time.now() / 1000 * 1000).plus(clockOffset);
    }

    void jump(Duration by) {
        clockOffset = clockOffset.plus(by);
    }

    void breaks(String promise, Object shownBy) {
        trace(() -> "    BROKEN: " + promise);
        broken = broken == null ? new Broken(promise, text(shownBy)) : broken;
    }

    private static String text(Object shownBy) {
        if (shownBy instanceof Throwable e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text));
            return text.toString();
        }
        return shownBy.toString();
    }

    @Nullable
    Broken broken() {
        return broken;
    }

    void trace(Supplier<String> line) {
        if (trace != null) {
            trace.add(String.format(Locale.ROOT, "%9.4f %s", time.now() / 1e9, line.get()));
        }
    }
}
