package dev.asyncjob.persistence;

import dev.asyncjob.domain.NewJob;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the fingerprints that the store keeps, so that a copy of the jobs without the keys does not tell whether
 * a guessed content is right.
 *
 * <p>A fingerprint is stored as {@code h.} and the HMAC-SHA-256 of the domain's 64 hexadecimal digits, in base64url.
 * Rows of versions without keys have the digits themselves, which are still recognised. Safe for use from any thread.
 */
final class FingerprintKeys {
    private static final String KEYED = "h.";
    private static final String ALGORITHM = "HmacSHA256";

    /** The key of new rows is the first. */
    private final List<SecretKeySpec> keys;

    /**
     * Creates the keys from texts.
     *
     * @param configured the key of {@link DatabaseSettings#fingerprintKey}; empty for none
     * @param stored the key that the migration made, which rows may still have; empty if an operator deleted it
     * @throws IllegalStateException if there is no key
     */
    FingerprintKeys(String configured, String stored) {
        keys = Stream.of(configured, stored)
                .filter(text -> !text.isEmpty())
                .map(text -> new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), ALGORITHM))
                .toList();
        if (keys.isEmpty()) {
            throw new IllegalStateException(
                    "the table asyncjob.fingerprint_key is empty: restore its row or set db.fingerprint-key");
        }
    }

    /** Returns the form in which a new row stores a fingerprint. */
    String keyed(String fingerprint) {
        return keyed(fingerprint, keys.get(0));
    }

    /** Returns all forms in which rows may have stored a fingerprint, that of new rows first. */
    List<String> forms(String fingerprint) {
        return Stream.concat(keys.stream().map(key -> keyed(fingerprint, key)), Stream.of(fingerprint))
                .toList();
    }

    /** Returns whether a row stored this fingerprint. */
    boolean match(@Nullable String stored, String fingerprint) {
        return stored != null && forms(fingerprint).contains(stored);
    }

    /** Returns whether a row stored the fingerprint of this job, whichever version wrote it. */
    boolean match(String stored, NewJob job) {
        return match(stored, stored.startsWith(KEYED) ? job.fingerprint() : job.earlierFingerprint());
    }

    private static String keyed(String fingerprint, SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] sum = mac.doFinal(fingerprint.getBytes(StandardCharsets.US_ASCII));
            return KEYED + Base64.getUrlEncoder().withoutPadding().encodeToString(sum);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every Java platform has " + ALGORITHM, e);
        }
    }
}
