package dev.asyncjob.domain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operator does to many jobs with one intervention: to all that a filter selects. Deliveries of callbacks are
 * among them only if the filter names their kind, since the cancelling of a job makes one.
 *
 * @param action what is done
 * @param filter selects the jobs; its status, place and limit do not count, nor whether they are overdue unless they
 *     are pending
 * @param max jobs that one intervention changes at most, 1 to {@value #MAX_JOBS}
 */
public record Bulk(Action action, JobFilter filter, int max) {
    /** Jobs that one intervention changes at most, whatever it asks for. */
    public static final int MAX_JOBS = 10_000;

    private static final String UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /** @throws InvalidValueException if {@code max} is out of range */
    public Bulk {
        Rules.range("max", max, 1, MAX_JOBS);
        filter = new JobFilter(
                action.status,
                filter.kind(),
                filter.owner(),
                filter.reference(),
                action == Action.CANCEL ? filter.overdue() : null,
                null,
                JobFilter.MAX_LIMIT);
    }

    /** What is done to the jobs. */
    public enum Action {
        /** Pending jobs are cancelled. */
        CANCEL(JobStatus.PENDING, AuditEntry.Action.BULK_CANCEL),

        /** Failed jobs that were not retried before get new ones, if what these need is still kept. */
        RETRY(JobStatus.FAILED, AuditEntry.Action.BULK_RETRY);

        private final JobStatus status;
        private final AuditEntry.Action audited;

        Action(JobStatus status, AuditEntry.Action audited) {
            this.status = status;
            this.audited = audited;
        }

        /** What the audit calls it. */
        public AuditEntry.Action audited() {
            return audited;
        }
    }

    /** Whether the filter accepts jobs of any kind, owner and reference, overdue or not. */
    public boolean isOfAll() {
        return filter.equals(JobFilter.ANY.withStatus(action.status));
    }

    /** Whether deliveries of callbacks are left out. */
    public boolean leavesDeliveries() {
        return filter.kind() == null;
    }

    /** The filter as the subject of the entry in the audit: as in the query of a list, {@code all=true} for any job. */
    public String subject() {
        List<String> parts = new ArrayList<>();
        add(parts, "kind", filter.kind() == null ? null : filter.kind().value());
        add(parts, "owner", filter.owner() == null ? null : filter.owner().value());
        add(
                parts,
                "reference",
                filter.reference() == null ? null : filter.reference().value());
        add(parts, "overdue", filter.overdue() == null ? null : filter.overdue().toString());
        return parts.isEmpty() ? "all=true" : String.join("&", parts);
    }

    private static void add(List<String> parts, String name, @Nullable String value) {
        if (value != null) {
            parts.add(name + "=" + encoded(value));
        }
    }

    /** Encodes a text for a query (RFC 3986, section 2). */
    private static String encoded(String value) {
        StringBuilder text = new StringBuilder();
        for (byte part : value.getBytes(StandardCharsets.UTF_8)) {
            if (UNRESERVED.indexOf(part) >= 0) {
                text.append((char) part);
            } else {
                text.append('%').append(HexFormat.of().withUpperCase().toHexDigits(part));
            }
        }
        return text.toString();
    }

    /**
     * What an intervention would find.
     *
     * @param matching jobs that it would change, counted up to {@link Bulk#max}
     * @param more whether there are more of them
     * @param retried jobs that a retry leaves out since they were retried before, counted in the same way
     * @param notKept jobs that a retry leaves out since what a new job needs is not kept, or no longer, counted in the
     *     same way; null if that would take too long, and for other actions
     */
    public record Preview(
            int matching,
            boolean more,
            int retried,
            @Nullable Integer notKept) {}

    /**
     * A job that an intervention is about to change.
     *
     * @param place its position; the store defines the order
     * @param kind its kind
     */
    public record Candidate(JobFilter.Place place, JobKind kind) {}

    /**
     * What a part of an intervention has done.
     *
     * @param changed how many jobs it has changed
     * @param left how many it has left as they were, though they match
     */
    public record Step(int changed, int left) {}

    /**
     * What an intervention has done.
     *
     * @param changed how many jobs it has changed
     * @param more whether more match, as far as it knows: it has reached {@link Bulk#max}, ran out of time, broke off,
     *     or left jobs that other calls held
     * @param notKept jobs that a retry has left out since what a new job needs is not kept, or no longer, counted up to
     *     {@link Bulk#max}; null if that would take too long, and for other actions
     */
    public record Result(
            int changed, boolean more, @Nullable Integer notKept) {}
}
