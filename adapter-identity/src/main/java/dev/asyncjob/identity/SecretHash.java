package dev.asyncjob.identity;

import dev.asyncjob.domain.InvalidValueException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The SHA-256 of a secret.
 *
 * <p>A plain hash, without salt or stretching, is enough only because the secrets have 256 random bits
 * ({@link Secrets}), which cannot be guessed. Immutable.
 */
final class SecretHash {
    private static final Pattern FORMAT = Pattern.compile("[0-9a-fA-F]{64}");

    private final byte[] sha256;

    private SecretHash(byte[] sha256) {
        this.sha256 = sha256;
    }

    /** The hash of a secret as a client sends it. */
    static SecretHash of(String secret) {
        try {
            return new SecretHash(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** @throws InvalidValueException if the text is not 64 hexadecimal digits */
    static SecretHash parse(String hex) {
        if (!FORMAT.matcher(hex).matches()) {
            throw new InvalidValueException("format", "a SHA-256 must have 64 hexadecimal digits", List.of());
        }
        return new SecretHash(HexFormat.of().parseHex(hex));
    }

    /** 64 hexadecimal digits. */
    String hex() {
        return HexFormat.of().formatHex(sha256);
    }

    /** The first 64 bits, an index key for candidates; {@link #matches} decides. */
    long bucket() {
        return ByteBuffer.wrap(sha256).getLong();
    }

    /** Whether both are the same hash, in constant time. */
    boolean matches(SecretHash other) {
        return MessageDigest.isEqual(sha256, other.sha256);
    }
}
