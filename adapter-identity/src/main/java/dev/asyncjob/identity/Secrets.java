package dev.asyncjob.identity;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.zip.CRC32;

/**
 * Generates secrets: a prefix, 256 random bits and a checksum, in letters and digits only. The secret of a callback is
 * in the form of Standard Webhooks instead: a prefix and base64.
 *
 * <p>The prefix and the CRC-32 at the end let people and secret scanners recognise a leaked secret; authentication
 * relies on neither. Safe for use from any thread.
 */
public final class Secrets {
    /** The prefix of an api-key. */
    static final String API_KEY_PREFIX = "ajk_";

    /** The prefix of a token. */
    static final String TOKEN_PREFIX = "ajt_";

    /** The prefix of the secret that signs callbacks. */
    static final String CALLBACK_PREFIX = "whsec_";

    /** Base-62 digits of 256 bits. */
    private static final int RANDOM_DIGITS = 43;

    /** Base-62 digits of a CRC-32. */
    private static final int CHECKSUM_DIGITS = 6;

    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());
    private static final SecureRandom RANDOM = new SecureRandom();

    private Secrets() {}

    /** A new api-key, such as {@code ajk_} and 49 letters and digits. */
    public static String newApiKey() {
        return generate(API_KEY_PREFIX);
    }

    /** A new bearer token, such as {@code ajt_} and 49 letters and digits. */
    public static String newToken() {
        return generate(TOKEN_PREFIX);
    }

    /** A new secret that signs callbacks: {@code whsec_} and base64 of 32 random bytes. */
    static String newCallbackSecret() {
        byte[] random = new byte[32];
        RANDOM.nextBytes(random);
        return CALLBACK_PREFIX + Base64.getEncoder().encodeToString(random);
    }

    /** The checksum that follows {@code text}. */
    static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return base62(BigInteger.valueOf(crc.getValue()), CHECKSUM_DIGITS);
    }

    private static String generate(String prefix) {
        String secret = prefix + base62(new BigInteger(256, RANDOM), RANDOM_DIGITS);
        return secret + checksum(secret);
    }

    private static String base62(BigInteger number, int digits) {
        StringBuilder reversed = new StringBuilder();
        BigInteger rest = number;
        for (int i = 0; i < digits; i++) {
            BigInteger[] split = rest.divideAndRemainder(BASE);
            reversed.append(DIGITS.charAt(split[1].intValue()));
            rest = split[0];
        }
        return reversed.reverse().toString();
    }
}
