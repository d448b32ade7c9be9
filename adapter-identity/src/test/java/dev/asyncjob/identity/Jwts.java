package dev.asyncjob.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Makes valid and forged tokens. */
public final class Jwts {
    /** The time at which {@link #claims} are valid. */
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    /** Key pairs of a provider. */
    public static final RSAKey RSA = rsa("rsa", 2048);

    static final ECKey EC = ec("ec", Curve.P_256);

    private Jwts() {}

    public static RSAKey rsa(String kid, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            var pair = generator.generateKeyPair();
            return new RSAKey.Builder((RSAPublicKey) pair.getPublic())
                    .privateKey(pair.getPrivate())
                    .keyID(kid)
                    .build();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static ECKey ec(String kid, Curve curve) {
        try {
            return new ECKeyGenerator(curve).keyID(kid).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    /** Claims that are good in every way, as JSON by name. */
    static Map<String, String> claims() {
        return new TreeMap<>(Map.of(
                "iss",
                "\"" + IdentityProvider.ISSUER + "\"",
                "aud",
                "\"" + IdentityProvider.AUDIENCE + "\"",
                "exp",
                String.valueOf(NOW.getEpochSecond() + 300),
                "client_id",
                "\"clinic-a\"",
                "scope",
                "\"composition:read job:work\""));
    }

    /** The good claims with one changed; {@code absent} takes it away, and {@code now} and a number is a time. */
    public static Map<String, String> claimsWith(String name, String json) {
        Map<String, String> claims = claims();
        if (json.equals("absent")) {
            claims.remove(name);
        } else if (json.startsWith("now")) {
            long seconds = NOW.getEpochSecond() + new BigInteger(json.substring(3)).intValue();
            claims.put(name, String.valueOf(seconds));
        } else {
            claims.put(name, json);
        }
        return claims;
    }

    static JWSHeader.Builder header(JWSAlgorithm algorithm, String kid) {
        return new JWSHeader.Builder(algorithm)
                .type(new JOSEObjectType("at+jwt"))
                .keyID(kid);
    }

    /** A good token. */
    static String good() {
        return sign(RSA, claims());
    }

    public static String sign(JWK key, Map<String, String> claims) {
        JWSAlgorithm algorithm = key instanceof RSAKey ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256;
        return sign(key, header(algorithm, key.getKeyID()).build(), claims);
    }

    public static String sign(JWK key, JWSHeader header, Map<String, String> claims) {
        return sign(signer(key), header, claims);
    }

    public static String sign(JWSSigner signer, JWSHeader header, Map<String, String> claims) {
        try {
            JWSObject object = new JWSObject(header, new Payload(json(claims)));
            object.sign(signer);
            return object.serialize();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static JWSSigner signer(JWK key) {
        try {
            return key instanceof RSAKey rsa
                    ? new RSASSASigner(rsa.toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance()))
                    : new ECDSASigner(key.toECKey());
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    /** A token with a header that nobody would sign. */
    static String raw(String header, Map<String, String> claims, byte[] signature) {
        return Base64URL.encode(header) + "." + Base64URL.encode(json(claims)) + "." + Base64URL.encode(signature);
    }

    /** A header as it comes, parsed. */
    static JWSHeader header(String json) {
        try {
            return JWSHeader.parse(json);
        } catch (ParseException e) {
            throw new AssertionError(e);
        }
    }

    public static String json(Map<String, String> claims) {
        return claims.entrySet().stream()
                .map(claim -> "\"" + claim.getKey() + "\":" + claim.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }
}
