package dev.asyncjob.domain;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An intervention of an operator, as it is kept. It names jobs by id or by what selects them in a list, and has nothing
 * else of their content.
 *
 * @param at when it began, on the store's clock
 * @param by who, with which request
 * @param action what was done
 * @param subject to which kind, job or owner of jobs, or to the jobs of which filter
 * @param detail the reason of a pause, the number of a limit, or the id of a new job; null for none
 * @param count how many kinds or jobs it changed; 0 if all was so already
 */
public record AuditEntry(
        Instant at,
        Intervention by,
        Action action,
        String subject,
        @Nullable String detail,
        long count) {
    /** Entries on one page at most. */
    public static final int MAX_LIMIT = 100;

    /** What operators do. */
    public enum Action {
        /** A kind was paused. */
        PAUSE,
        /** The pause of a kind was ended. */
        RESUME,
        /** The jobs of a kind that run were limited. */
        LIMIT,
        /** The limit of a kind was removed. */
        UNLIMIT,
        /** A job was cancelled, by another than its owner. */
        CANCEL,
        /** A job that failed got a new one, whose id is the detail. */
        RETRY,
        /**
         * The pending jobs that a filter selects were cancelled; the filter is the subject, see {@link Bulk#subject}.
         */
        BULK_CANCEL,
        /** The failed jobs that a filter selects got new ones; the filter is the subject. */
        BULK_RETRY,
        /** The ended jobs of an owner were forgotten. */
        ERASE
    }

    /** Its position in the list. */
    public Place place() {
        return new Place(at, by.id());
    }

    /**
     * The position of an entry in the list, the newest first.
     *
     * @param at when it began
     * @param id distinguishes entries of the same instant; the store defines their order
     */
    public record Place(Instant at, UUID id) {}

    /**
     * One page of the entries, the newest first.
     *
     * @param entries in order
     * @param more whether more follow
     */
    public record Page(List<AuditEntry> entries, boolean more) {
        /** Copies the list. */
        public Page {
            entries = List.copyOf(entries);
        }

        /** Where the next page begins; empty on the last page. */
        public Optional<Place> next() {
            return more ? Optional.of(entries.get(entries.size() - 1).place()) : Optional.empty();
        }
    }
}
