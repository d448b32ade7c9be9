package dev.asyncjob.domain;

import java.math.BigInteger;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told when a job ends for which it asked for a callback. Its delivery is a job itself: stores make it
 * in the transaction of the end, so that it is as durable as that.
 *
 * @param client the client that is called: the one that asked for the job, or else the one of the owner
 * @param id the job that has ended
 * @param status its status since
 * @param endedAt when it ended, on the store's clock
 * @param reference its name in the producer's own terms; null for none
 */
public record Callback(
        Owner client,
        JobId id,
        JobStatus status,
        Instant endedAt,
        @Nullable Reference reference) {
    /** The kind of all deliveries; no client may schedule or claim it. */
    public static final JobKind KIND = new JobKind("asyncjob.callback");

    private static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("callback"));

    private static final DateTimeFormatter MILLIS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** Refuses the kind of deliveries: a client that could schedule it could forge callbacks. */
    public static JobKind unreserved(JobKind kind) {
        if (kind.equals(KIND)) {
            throw new InvalidValueException("reserved", "kind " + KIND + " is reserved", List.of());
        }
        return kind;
    }

    /** The delivery's payload: a JSON object with these values, without {@code reference} if there is none. */
    public Payload payload() {
        StringBuilder json = new StringBuilder("{\"client\":");
        quote(json, client.value());
        json.append(",\"id\":\"").append(id).append("\",\"status\":\"").append(status);
        json.append("\",\"endedAt\":\"").append(MILLIS.format(endedAt)).append('"');
        if (reference != null) {
            json.append(",\"reference\":");
            quote(json, reference.value());
        }
        return new Payload(json.append('}').toString());
    }

    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ') {
                json.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                json.append(c == '"' || c == '\\' ? "\\" : "").append(c);
            }
        }
        json.append('"');
    }

    /**
     * The id of the delivery, which follows from the job and the microsecond of its end: an end has one delivery at
     * most, and an id that is used again after its retention has another. Its first 48 bits are those of the job's id,
     * so that deliveries are adjacent in an index if the jobs are; the others are a digest (UUID version 8).
     */
    public JobId deliveryId() {
        Instant end = endedAt.truncatedTo(ChronoUnit.MICROS);
        BigInteger digest = new BigInteger(
                new Fingerprint().add("delivery").add(id).add(end).text(), 16);
        long time = id.value().getMostSignificantBits() & 0xFFFF_FFFF_FFFF_0000L;
        long version = 0x8000 | (digest.shiftRight(64).longValue() & 0xFFF);
        long variant = 0x8000_0000_0000_0000L | (digest.longValue() & 0x3FFF_FFFF_FFFF_FFFFL);
        return new JobId(new UUID(time | version, variant));
    }

    /**
     * The job that delivers this: it belongs to the owner of the job that has ended, its reference is that job's id,
     * and it has as many attempts as a job can have, since deliveries end by their age.
     */
    public NewJob delivery(Owner owner) {
        return NewJob.of(deliveryId(), owner, KIND, LINKS)
                .withPayload(payload())
                .withMaxAttempts(Attempts.MAX)
                .withReference(new Reference(id.toString()));
    }
}
