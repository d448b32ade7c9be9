package dev.asyncjob.http.internal.work;

import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobFilter.Place;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.EntityTag;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * The cursor of a page: its place and a checksum over the place and the filters, as text in base64url. Opaque to
 * clients, and valid only with the filters of the page before.
 *
 * <p>The checksum detects truncated, mixed up and invented cursors. It is not a secret: an owner is part of the query,
 * never of the cursor, so a cursor shows a client nothing that it may not list.
 */
public final class PageCursor {
    private static final int CHECKSUM_BYTES = 8;

    private PageCursor() {}

    /** The cursor of the page after a place. */
    static String write(JobFilter filter, Place place) {
        return write(filters(filter), place);
    }

    /** The same with the filters of another list, as a text. */
    static String write(String filters, Place place) {
        return write(filters, place.createdAt() + " " + place.id());
    }

    /** The same with a place as a text. */
    static String write(String filters, String place) {
        byte[] checksum = EntityTag.sha256((filters + " " + place).getBytes(StandardCharsets.UTF_8), CHECKSUM_BYTES);
        String cursor = place + " " + HexFormat.of().formatHex(checksum);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.getBytes(StandardCharsets.US_ASCII));
    }

    static String filters(JobFilter filter) {
        return "%s %s %s %s".formatted(filter.status(), filter.kind(), filter.owner(), filter.overdue())
                + (filter.reference() == null ? "" : " " + filter.reference().value());
    }

    /**
     * The place in a cursor.
     *
     * @throws ApiError 400 if the cursor was not made by {@link #write} with the same filters
     */
    public static Place read(JobFilter filter, String cursor) {
        return read(filters(filter), cursor);
    }

    /** The same with the filters of another list, as a text. */
    static Place read(String filters, String cursor) {
        try {
            String[] parts =
                    new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.US_ASCII).split(" ", -1);
            Place place = new Place(Instant.parse(parts[0]), JobId.parse(parts.length > 1 ? parts[1] : ""));
            if (write(filters, place).equals(cursor)) {
                return place;
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            // neither base64 nor a place; refused below
        }
        throw ApiError.malformed(new ApiError.Invalid(
                "query_parameter",
                "cursor",
                "format",
                "cursor must be one that paging.next told, with the same filters",
                List.of()));
    }
}
