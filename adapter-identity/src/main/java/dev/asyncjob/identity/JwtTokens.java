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
import dev.asyncjob.domain.Owner;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Verifies access tokens that are JWTs (RFC 9068) with the keys of their provider.
 *
 * <p>The signature first, with an allowed algorithm and a key of the provider's set; the token's own statements about
 * keys ({@code jwk}, {@code jku}, {@code x5u}, {@code x5c}) are ignored. Then the claims. A malformed token is an
 * invalid one. Safe for use from any thread.
 */
final class JwtTokens implements TokenVerifier {
    /** When a retry may help, while the keys are unknown. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final IdentitySettings settings;
    private final InstantSource clock;
    private final DefaultJWTProcessor<SecurityContext> signatures = new DefaultJWTProcessor<>();

    JwtTokens(IdentitySettings settings, JWKSource<SecurityContext> keys, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        signatures.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms(settings), keys));
        signatures.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(types(settings)));
        signatures.setJWTClaimsSetVerifier((claims, context) -> {}); // TokenClaims checks them, as JSON
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
    public Authenticator.Verdict verify(String token, Owner client) {
        try {
            Optional<TokenClaims> signed = claims(token);
            return signed.filter(this::isForUs)
                    .flatMap(claims -> claims.access(settings.clientClaim())
                            .map(access -> settings.ownership().verdict(access, claims)))
                    .orElseGet(() -> new Authenticator.InvalidToken(
                            Authenticator.Cause.of(signed.map(this::reason).orElse("invalid-jwt"))));
        } catch (JwksCache.BeingFetched e) {
            // No guess: the cache limits the fetches, whatever keys the tokens name.
            return new Authenticator.AskProvider(
                    client, false, () -> e.fetch().thenCompose(fetched -> answer(verify(token, client))));
        } catch (KeySourceException e) {
            return new Authenticator.Undecided(RETRY_AFTER);
        }
    }

    private static CompletionStage<Authenticator.Verdict> answer(Authenticator.Verdict verdict) {
        return verdict instanceof Authenticator.AskProvider again
                ? again.answer().get()
                : CompletableFuture.completedFuture(verdict);
    }

    private String reason(TokenClaims claims) {
        return claims.inForce(clock.instant()) ? "wrong-claims" : "expired-token";
    }

    private boolean isForUs(TokenClaims claims) {
        Instant now = clock.instant();
        return claims.has("exp")
                && claims.inForce(now)
                && claims.hasText("iss", settings.issuer())
                && claims.isFor(settings.audience());
    }

    private Optional<TokenClaims> claims(String token) throws KeySourceException {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            Base64URL[] parts = jwt.getParsedParts();
            if (requiresExtensions(jwt.getHeader())
                    || !Stream.of(parts).allMatch(JwtTokens::isCanonical)
                    || StrictJson.object(parts[0].decode()).isEmpty()) {
                return Optional.empty();
            }
            signatures.process(jwt, null);
            return TokenClaims.of(parts[1].decode());
        } catch (KeySourceException e) {
            throw e;
        } catch (ParseException | BadJOSEException | JOSEException | RuntimeException e) {
            return Optional.empty(); // a sender must not be able to cause an error of ours
        }
    }

    /**
     * Whether the text is the one encoding of its bytes: the library skips characters outside Base64, and spare bits.
     */
    private static boolean isCanonical(Base64URL part) {
        return Base64URL.encode(part.decode()).equals(part);
    }

    /** Whether the header requires an extension of RFC 7515; none is supported. */
    private static boolean requiresExtensions(JWSHeader header) {
        return (header.getCriticalParams() != null
                        && !header.getCriticalParams().isEmpty())
                || !header.isBase64URLEncodePayload();
    }
}
