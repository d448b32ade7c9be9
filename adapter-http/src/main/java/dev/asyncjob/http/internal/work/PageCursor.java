package dev.asyncjob.http.internal.work;

import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobFilter.Place;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * Where a page begins, as a text that means something to this service only, and only with the filters it was made for.
 *
 * <p>Its checksum catches what was cut off, mixed up or made up in passing; it keeps no secret, since who may list jobs
 * may list all of them.
 */
public final class PageCursor {
    private static final int PLACE_BYTES = Long.BYTES + Integer.BYTES + 2 * Long.BYTES;
    private static final int CHECKSUM_BYTES = 8;
    private static final int MAX_NANO = 999_999_999;

    private PageCursor() {}

    /** The cursor of the page behind a place. */
    static String write(JobFilter filter, Place place) {
        byte[] bytes = bytes(place);
        ByteBuffer cursor =
                ByteBuffer.allocate(PLACE_BYTES + CHECKSUM_BYTES).put(bytes).put(checksum(filter, bytes));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.array());
    }

    /**
     * The place that a cursor names.
     *
     * @throws ApiError 400 if it was not made here, or for other filters
     */
    public static Place read(JobFilter filter, String cursor) {
        Place place = place(decoded(cursor));
        if (!write(filter, place).equals(cursor)) {
            throw unreadable();
        }
        return place;
    }

    private static byte[] decoded(String cursor) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(cursor);
            if (bytes.length == PLACE_BYTES + CHECKSUM_BYTES) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // no base64; refused below
        }
        throw unreadable();
    }

    private static Place place(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long second = buffer.getLong();
        int nano = buffer.getInt();
        if (second < 0 || second > NewJob.LATEST.getEpochSecond() || nano < 0 || nano > MAX_NANO) {
            throw unreadable();
        }
        return new Place(Instant.ofEpochSecond(second, nano), new JobId(new UUID(buffer.getLong(), buffer.getLong())));
    }

    private static byte[] bytes(Place place) {
        Instant createdAt = place.createdAt();
        return ByteBuffer.allocate(PLACE_BYTES)
                .putLong(createdAt.getEpochSecond())
                .putInt(createdAt.getNano())
                .putLong(place.id().value().getMostSignificantBits())
                .putLong(place.id().value().getLeastSignificantBits())
                .array();
    }

    private static byte[] checksum(JobFilter filter, byte[] place) {
        String filters = "%s %s %s %s".formatted(filter.status(), filter.kind(), filter.owner(), filter.overdue());
        byte[] text = filters.getBytes(StandardCharsets.UTF_8);
        byte[] all = ByteBuffer.allocate(text.length + place.length)
                .put(text)
                .put(place)
                .array();
        return Digest.sha256(all, CHECKSUM_BYTES);
    }

    private static ApiError unreadable() {
        return ApiError.malformed(new ApiError.Invalid(
                "query_parameter",
                "cursor",
                "format",
                "cursor must be one that paging.next told, with the same filters",
                List.of()));
    }
}
