package dev.asyncjob.http;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.http.internal.exchange.EntityTag;
import dev.asyncjob.http.internal.exchange.JobJson;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** JMH benchmarks of the JSON body of a status and of its entity tag. */
@State(Scope.Benchmark)
public class StatusBodyMicro {
    private final JobSnapshot job = pending(Instant.parse("2026-11-23T22:20:52Z"));
    private final byte[] body = JobJson.status(job, Set.of());

    private static JobSnapshot pending(Instant now) {
        return new JobSnapshot(
                new AsyncJob.Pending(
                        new JobId(new UUID(42, 42)),
                        new Owner("bench"),
                        new JobKind("bench.noop"),
                        ResourceLinks.of(ResourceLink.to("eHealth/composition")),
                        now,
                        Eta.after(now, Duration.ofSeconds(1))),
                now);
    }

    @Benchmark
    public byte[] json() {
        return JobJson.status(job, Set.of());
    }

    @Benchmark
    public Object entityTag() {
        return EntityTag.of(body);
    }
}
