package dev.asyncjob.domain;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Compares the content of requests without storing it: SHA-256 over length-prefixed parts. */
final class Fingerprint {
    private final MessageDigest digest = digest("SHA-256");

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has " + algorithm, e);
        }
    }

    Fingerprint add(@Nullable Object part) {
        if (part == null) {
            digest.update(ByteBuffer.allocate(4).putInt(-1).flip());
            return this;
        }
        byte[] bytes = part.toString().getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
        digest.update(bytes);
        return this;
    }

    Fingerprint add(ResourceLinks links) {
        add(links.all().size());
        links.all().forEach(link -> add(link.entity()).add(link.href()));
        return this;
    }

    /** 64 hexadecimal digits. */
    String text() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
