package dev.asyncjob.http.internal.exchange;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Pattern;

/**
 * A strong entity tag (RFC 9110 section 8.8.3): equal bytes have equal tags on every node.
 *
 * @param value the tag with its quotes
 */
public record EntityTag(String value) {
    /** One tag in a list; the prefix {@code W/} of a weak tag is not part of it. */
    private static final Pattern TAG = Pattern.compile("\"[^\"]*\"");

    private static final int DIGEST_BYTES = 15; // 120 bits, 20 characters

    /** The tag of a body. */
    public static EntityTag of(byte[] body) {
        byte[] digest = sha256(body, DIGEST_BYTES);
        return new EntityTag('"' + Base64.getUrlEncoder().withoutPadding().encodeToString(digest) + '"');
    }

    /** The first {@code length} bytes of SHA-256. */
    public static byte[] sha256(byte[] bytes, int length) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), length);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /**
     * Whether an {@code If-None-Match} names this tag: by {@code *}, or in a list, compared weakly (RFC 9110 section
     * 13.1.2). Malformed tags match nothing.
     *
     * @param ifNoneMatch the header's lines, possibly none
     */
    public boolean isNamedBy(Collection<String> ifNoneMatch) {
        return ifNoneMatch.stream()
                .anyMatch(line -> line.equals(value) // the usual case, without the cost of a pattern
                        || line.strip().equals("*")
                        || TAG.matcher(line)
                                .results()
                                .anyMatch(tag -> tag.group().equals(value)));
    }
}
