package dev.asyncjob.domain;

/**
 * The pending jobs of a client: what it has, or what it may have at most.
 *
 * @param jobs how many, 0 or more
 * @param bytes what their payloads have together, see {@link Payload#bytes}; 0 or more
 */
public record Backlog(long jobs, long bytes) {
    /** The largest limit of jobs, and the most that are counted for a client: stores count so many within a call. */
    public static final int MAX_JOBS = 1_000_000;

    /** No limit. */
    public static final Backlog UNLIMITED = new Backlog(Long.MAX_VALUE, Long.MAX_VALUE);

    /** Whether this exceeds a limit. */
    public boolean exceeds(Backlog limit) {
        return jobs > limit.jobs || bytes > limit.bytes;
    }

    /** The sum. */
    public Backlog plus(Backlog more) {
        return new Backlog(jobs + more.jobs, bytes + more.bytes);
    }

    /** The difference. */
    public Backlog minus(Backlog less) {
        return new Backlog(jobs - less.jobs, bytes - less.bytes);
    }
}
