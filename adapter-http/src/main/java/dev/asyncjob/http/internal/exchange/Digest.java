package dev.asyncjob.http.internal.exchange;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** A short digest of bytes: equal for equal bytes on every node. */
public final class Digest {
    private Digest() {}

    /** The first {@code length} bytes of SHA-256. */
    public static byte[] sha256(byte[] bytes, int length) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), length);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
