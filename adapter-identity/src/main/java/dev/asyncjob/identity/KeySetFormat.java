package dev.asyncjob.identity;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the public keys of a provider (RFC 7517), without those that cannot be used here. */
final class KeySetFormat {
    /** Keys in a set, at most. */
    static final int MAX_KEYS = 100;

    /** Bytes of a set, at most. */
    static final int MAX_BYTES = 256 * 1024;

    /** Shorter keys can be broken. */
    static final int MIN_RSA_BITS = 2048;

    private KeySetFormat() {}

    /**
     * The keys that can verify signatures, at least one.
     *
     * @throws IllegalArgumentException if the text is no key set, is too large, or has no such key; the message quotes
     *     nothing of it
     */
    static List<JWK> parse(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new IllegalArgumentException("more than %s bytes".formatted(MAX_BYTES));
        }
        Map<String, Object> set = StrictJson.object(json)
                .orElseThrow(() -> new IllegalArgumentException("not a key set: not a JSON object"));
        if (!(set.get("keys") instanceof List<?> list)) {
            throw new IllegalArgumentException("not a key set: no list of keys");
        }
        if (list.size() > MAX_KEYS) {
            throw new IllegalArgumentException("more than %s keys".formatted(MAX_KEYS));
        }
        List<JWK> keys = list.stream().flatMap(key -> usable(key).stream()).toList();
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("no usable key");
        }
        return keys;
    }

    @SuppressWarnings("unchecked") // a JSON object has names
    private static Optional<JWK> usable(Object key) {
        try {
            return key instanceof Map<?, ?> fields
                    ? Optional.of(JWK.parse((Map<String, Object>) fields))
                            .filter(KeySetFormat::isUsable)
                            .map(JWK::toPublicJWK)
                    : Optional.empty();
        } catch (ParseException | RuntimeException e) {
            return Optional.empty(); // RFC 7517 says to ignore a key of an unknown type
        }
    }

    private static boolean isUsable(JWK key) {
        boolean strong = key instanceof RSAKey rsa ? rsa.size() >= MIN_RSA_BITS : key instanceof ECKey;
        boolean signs = key.getKeyUse() == null || KeyUse.SIGNATURE.equals(key.getKeyUse());
        boolean verifies =
                key.getKeyOperations() == null || key.getKeyOperations().contains(KeyOperation.VERIFY);
        return strong && signs && verifies;
    }
}
