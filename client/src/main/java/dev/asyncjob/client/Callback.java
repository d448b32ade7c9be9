package dev.asyncjob.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A callback that the server has signed: {@link JobClient#verifyCallback} returns it. It tells that a job has ended;
 * what came of it, its status tells. What a newer server adds is ignored.
 *
 * @param deliveryId the id of the delivery: the same if the server delivers it again
 * @param type what has happened; a newer server may have others than {@link #JOB_ENDED}
 * @param timestamp when it happened; null if the callback has none that is readable
 * @param jobId the job; null if a type of a newer server has none
 * @param status the status of the job since; {@link JobState.Status#OTHER} if it is not known
 * @param reference the producer's own name for the job; null if it gave none
 */
public record Callback(
        String deliveryId,
        String type,
        @Nullable Instant timestamp,
        @Nullable UUID jobId,
        JobState.Status status,
        @Nullable String reference) {
    /** The type of a callback that tells of the end of a job. */
    public static final String JOB_ENDED = "job.ended";

    /** How far the time of a callback may be from now, before or after: older ones may be replayed. */
    static final Duration MAX_SKEW = Duration.ofMinutes(5);

    private static final String ALGORITHM = "HmacSHA256";
    private static final String VERSION = "v1,";
    private static final String PREFIX = "whsec_";
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");

    /** See {@link JobClient#verifyCallback}, which passes the present time. */
    static Callback verified(
            Collection<String> secrets, Function<String, @Nullable String> header, byte[] body, Instant now) {
        String id = required(header, "webhook-id");
        String time = required(header, "webhook-timestamp");
        String signatures = required(header, "webhook-signature");
        if (!SECONDS.matcher(time).matches()) {
            throw new CallbackException("webhook-timestamp is no time");
        }
        Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(time)), now);
        if (age.abs().compareTo(MAX_SKEW) > 0) {
            throw new CallbackException("webhook-timestamp is not within five minutes of now");
        }
        byte[] head = (id + "." + time + ".").getBytes(StandardCharsets.UTF_8);
        List<byte[]> expected =
                secrets.stream().map(secret -> mac(secret, head, body)).toList();
        if (!matches(expected, signatures)) {
            throw new CallbackException("webhook-signature has no signature of these secrets");
        }
        return read(id, new String(body, StandardCharsets.UTF_8));
    }

    private static String required(Function<String, @Nullable String> header, String name) {
        String value = header.apply(name);
        if (value == null || value.isEmpty()) {
            throw new CallbackException("there is no " + name);
        }
        return value;
    }

    /** Takes the same time whichever matches, and however much of it. */
    private static boolean matches(List<byte[]> expected, String signatures) {
        boolean matches = false;
        for (String signature : signatures.split(" ", -1)) {
            if (signature.startsWith(VERSION)) { // others are of versions to come
                byte[] given = signature.substring(VERSION.length()).getBytes(StandardCharsets.UTF_8);
                for (byte[] one : expected) {
                    matches |= MessageDigest.isEqual(Base64.getEncoder().encode(one), given);
                }
            }
        }
        return matches;
    }

    private static byte[] mac(String secret, byte[] head, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key(secret), ALGORITHM));
            mac.update(head);
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JVM has HmacSHA256", e);
        }
    }

    private static byte[] key(String secret) {
        try {
            if (secret.startsWith(PREFIX) && secret.length() > PREFIX.length()) {
                return Base64.getDecoder().decode(secret.substring(PREFIX.length()));
            }
        } catch (IllegalArgumentException e) {
            // It is refused below, without the text of which the message has a part.
        }
        throw new IllegalArgumentException("a secret must be whsec_ and base64");
    }

    private static Callback read(String id, String body) {
        try {
            if (Json.parse(body) instanceof Map<?, ?> whole) {
                Map<?, ?> data = whole.get("data") instanceof Map<?, ?> fields ? fields : Map.of();
                String job = JobState.optional(data, "id");
                return new Callback(
                        id,
                        JobState.string(whole, "type"),
                        instant(JobState.optional(whole, "timestamp")),
                        job == null ? null : UUID.fromString(job),
                        JobState.status(JobState.optional(data, "status")),
                        JobState.optional(data, "reference"));
            }
        } catch (IllegalArgumentException e) {
            // It is refused below.
        }
        throw new CallbackException("the body is no callback");
    }

    private static @Nullable Instant instant(@Nullable String text) {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            return null;
        }
    }
}
