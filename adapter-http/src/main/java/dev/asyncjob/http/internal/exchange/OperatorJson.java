package dev.asyncjob.http.internal.exchange;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Bulk;
import dev.asyncjob.domain.EndedAttempt;
import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import dev.asyncjob.domain.KindState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON bodies about one job for operators and its owner (contract section 2), as {@link JobJson} has all others.
 */
public final class OperatorJson {
    private OperatorJson() {}

    private record Job(
            @JsonUnwrapped JobJson.Entry entry,
            @Nullable Integer maxAttempts,
            @Nullable String nextAttemptAt,
            @Nullable String lastError,
            @Nullable List<Attempt> attempts) {}

    private record Attempt(
            int attempt,
            String worker,
            @Nullable String startedAt,
            String endedAt,
            String outcome,
            @Nullable String error) {
        static Attempt of(EndedAttempt ended) {
            return new Attempt(
                    ended.number(),
                    ended.worker().value(),
                    text(ended.begunAt()),
                    JobJson.INSTANT.format(ended.endedAt()),
                    ended.end().name(),
                    ended.error());
        }
    }

    /**
     * A job with its attempts.
     *
     * @param all whether the reader is an operator; others read nothing of errors and workers
     */
    public static byte[] job(JobFacts facts, boolean all) {
        JobFacts.Work work = facts.work();
        boolean held = facts.entry().lease() != null;
        return JobJson.bytes(new JobJson.Body(new Job(
                JobJson.entry(all ? facts.entry() : facts.entry().forOwner()),
                work == null ? null : work.attempts().max(),
                work == null || held ? null : text(work.availableAt()),
                all ? facts.lastError() : null,
                all ? attempts(facts) : null)));
    }

    /**
     * Why a job is as it is.
     *
     * @param text the explanation as a sentence
     * @param all whether the reader is an operator; others read nothing of attempts that have ended
     */
    public static byte[] explained(JobFacts facts, Explanation explanation, String text, boolean all) {
        AsyncJob job = facts.entry().snapshot().job();
        Fields body = new Fields()
                .with("id", job.id().toString())
                .with("status", job.status().name());
        Fields reason = explanation.as(new Reasons(body, text));
        return JobJson.bytes(new JobJson.Body(reason.with("attempts", all ? attempts(facts) : null).all));
    }

    /** What is set for a kind. */
    public static byte[] kind(KindState state) {
        return JobJson.bytes(new JobJson.Body(fields(state)));
    }

    /** What is set for several kinds. */
    public static byte[] kinds(List<KindState> states) {
        return JobJson.bytes(
                new JobJson.Body(states.stream().map(OperatorJson::fields).toList()));
    }

    private static Map<String, Object> fields(KindState state) {
        KindState.Pause pause = state.pause();
        return new Fields()
                .with("kind", state.kind().value())
                .with("lastAskedAt", state.askedAt())
                .with(
                        "pause",
                        pause == null
                                ? null
                                : new Fields()
                                        .with("since", pause.since())
                                        .with("by", pause.by().value())
                                        .with("reason", pause.reason())
                                        .all)
                .with("limit", state.limit())
                .all;
    }

    /** One page of the audit; {@code next} is null on the last. */
    public static byte[] audit(AuditEntry.Page page, @Nullable String next) {
        return JobJson.bytes(new JobJson.PageBody(
                page.entries().stream().map(OperatorJson::fields).toList(), new JobJson.Paging(next)));
    }

    private static Map<String, Object> fields(AuditEntry entry) {
        return new Fields()
                .with("id", entry.by().id().toString())
                .with("at", entry.at())
                .with("by", entry.by().by().value())
                .with("action", entry.action().name())
                .with("subject", entry.subject())
                .with("detail", entry.detail())
                .with("count", entry.count())
                .with("requestId", entry.by().requestId())
                .all;
    }

    /** What a bulk intervention would find. */
    public static byte[] preview(Bulk.Action action, Bulk.Preview found) {
        boolean retries = action == Bulk.Action.RETRY;
        return JobJson.bytes(new JobJson.Body(new Fields()
                .with("matching", found.matching())
                .with("alreadyRetried", retries ? found.retried() : null)
                .with("notKept", retries ? found.notKept() : null)
                .with("more", found.more())
                .all));
    }

    /** What a bulk intervention has done. */
    public static byte[] changed(Bulk.Action action, Bulk.Result result) {
        boolean retries = action == Bulk.Action.RETRY;
        return JobJson.bytes(new JobJson.Body(new Fields()
                .with(retries ? "retried" : "cancelled", result.changed())
                .with("notKept", retries ? result.notKept() : null)
                .with("more", result.more())
                .all));
    }

    private static List<Attempt> attempts(JobFacts facts) {
        return facts.history().stream().map(Attempt::of).toList();
    }

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : JobJson.INSTANT.format(instant);
    }

    /** Fields in their order; those without a value are left out. */
    private static final class Fields {
        private final Map<String, Object> all = new LinkedHashMap<>();

        Fields with(String name, @Nullable Object value) {
            if (value != null) {
                all.put(name, value instanceof Instant instant ? JobJson.INSTANT.format(instant) : value);
            }
            return this;
        }
    }

    /** Adds what each reason has to say. */
    private record Reasons(Fields body, String text) implements Explanation.Cases<Fields> {
        private Fields reason(String code) {
            return body.with("reason", code).with("text", text);
        }

        @Override
        public Fields ended(Explanation.Ended reason) {
            return reason("ended")
                    .with("endedAt", reason.at())
                    .with("error", reason.error())
                    .with(
                            "retryUntil",
                            reason.retry() == null ? null : reason.retry().instant());
        }

        @Override
        public Fields paused(Explanation.Paused reason) {
            return reason("kind_paused")
                    .with("kind", reason.kind().value())
                    .with("pausedSince", reason.pause().since())
                    .with("pausedBy", reason.pause().by().value())
                    .with("pauseReason", reason.pause().reason());
        }

        @Override
        public Fields full(Explanation.Full reason) {
            return reason("limit_reached").with("kind", reason.kind().value()).with("limit", reason.limit());
        }

        @Override
        public Fields planned(Explanation.Planned reason) {
            return reason("planned").with("notBefore", reason.until());
        }

        @Override
        public Fields resting(Explanation.Resting reason) {
            return reason("resting")
                    .with("notBefore", reason.until())
                    .with("attempt", reason.attempt())
                    .with("error", reason.error());
        }

        @Override
        public Fields running(Explanation.Running reason) {
            return reason("running")
                    .with("attempt", reason.attempt())
                    .with(
                            "worker",
                            reason.worker() == null ? null : reason.worker().value())
                    .with("startedAt", reason.since())
                    .with("leaseEndsAt", reason.leaseUntil())
                    .with("lastRenewedAt", reason.renewedAt())
                    .with("progress", reason.progress());
        }

        @Override
        public Fields leaseRanOut(Explanation.LeaseRanOut reason) {
            return reason("lease_ran_out")
                    .with("attempt", reason.attempt())
                    .with("worker", reason.worker().value())
                    .with("leaseEndedAt", reason.at());
        }

        @Override
        public Fields attemptsSpent(Explanation.AttemptsSpent reason) {
            return reason("attempts_spent")
                    .with("attempt", reason.attempts())
                    .with("leaseEndedAt", reason.at())
                    .with("housekeepingRanAt", reason.housekeptAt());
        }

        @Override
        public Fields noWorker(Explanation.NoWorker reason) {
            return reason("no_worker").with("kind", reason.kind().value()).with("lastAskedAt", reason.askedAt());
        }

        @Override
        public Fields locked(Explanation.Locked reason) {
            return reason("locked").with("lockedSince", reason.since());
        }

        @Override
        public Fields waiting(Explanation.Waiting reason) {
            Explanation.Place place = reason.place();
            Fields fields = reason("waiting");
            if (place != null) {
                fields.with("before", place.before())
                        .with("more", place.more() ? true : null)
                        .with("endedPerMinute", place.perMinute());
            }
            return fields.with(
                    "aboutSeconds",
                    reason.about() == null ? null : reason.about().toSeconds());
        }
    }
}
