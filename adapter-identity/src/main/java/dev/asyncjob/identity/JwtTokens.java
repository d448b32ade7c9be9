package dev.asyncjob.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.asyncjob.application.access.Authenticator;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Judges access tokens that are JWTs (RFC 9068) by the keys of their provider.
 *
 * <p>Signature first, by an allowed algorithm and a key of the provider's set; nothing that the token itself says about
 * keys ({@code jwk}, {@code jku}, {@code x5u}, {@code x5c}) is looked at. Then the claims. A token that is malformed in
 * whatever way is an invalid one. Safe for use from any thread.
 */
final class JwtTokens implements TokenVerifier {
    /** When asking again may help, while there are no keys. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final IdentitySettings settings;
    private final InstantSource clock;
    private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();

    JwtTokens(IdentitySettings settings, JWKSource<SecurityContext> keys, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms(settings), keys));
        signatures.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(types(settings)));
        signatures.setJWTClaimsSetVerifier((claims, context) -> {}); // they are judged here, as JSON
    }

    private static Set<JWSAlgorithm> algorithms(IdentitySettings settings) {
        return settings.algorithms().stream().map(JWSAlgorithm::new).collect(Collectors.toSet());
    }

    private static Set<JOSEObjectType> types(IdentitySettings settings) {
        return settings.tokenTypes().stream()
                .flatMap(type -> Stream.of(type, "application/" + type))
                .map(JOSEObjectType::new)
                .collect(Collectors.toSet());
    }

    @Override
    public Authenticator.Verdict of(String token) {
        try {
            return verified(token)
                    .filter(this::isForUs)
                    .flatMap(claims -> claims.access(settings.clientClaim())
                            .map(access -> settings.ownerClaim().verdict(access, claims)))
                    .orElseGet(Authenticator.InvalidToken::new);
        } catch (KeySourceException e) {
            return new Authenticator.Undecided(RETRY_AFTER);
        }
    }

    private boolean isForUs(TokenClaims claims) {
        Instant now = clock.instant();
        return claims.has("exp")
                && claims.inForce(now)
                && claims.says("iss", settings.issuer())
                && claims.isFor(settings.audience());
    }

    private Optional<TokenClaims> verified(String token) throws KeySourceException {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            if (demandsMore(jwt.getHeader()) || !isSpeltRight(jwt.getSignature())) {
                return Optional.empty();
            }
            signatures.process(jwt, null);
            Map<String, Object> json = jwt.getPayload().toJSONObject();
            return json == null ? Optional.empty() : Optional.of(new TokenClaims(json));
        } catch (KeySourceException e) {
            throw e;
        } catch (ParseException | BadJOSEException | JOSEException | RuntimeException e) {
            return Optional.empty(); // what a stranger sends must not be able to be an error of ours
        }
    }

    /** Whether it is what its bytes are written as: the library's reader skips what is no Base64, and idle bits. */
    private static boolean isSpeltRight(Base64URL signature) {
        return Base64URL.encode(signature.decode()).equals(signature);
    }

    /** Whether the header asks for what goes beyond RFC 7515; nothing is understood here. */
    private static boolean demandsMore(JWSHeader header) {
        return (header.getCriticalParams() != null
                        && !header.getCriticalParams().isEmpty())
                || !header.isBase64URLEncodePayload();
    }
}
