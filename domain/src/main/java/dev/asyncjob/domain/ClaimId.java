package dev.asyncjob.domain;

import java.util.regex.Pattern;

/**
 * What makes a repeated {@link Claim} known while the leases of its jobs live.
 *
 * @param value the client and its name for the claim, as a digest: 64 hexadecimal digits
 */
public record ClaimId(String value) {
    /** Characters of a client's name for a claim at most. */
    public static final int MAX_LENGTH = 128;

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /** @throws InvalidValueException if the value is not 64 hexadecimal digits */
    public ClaimId {
        Rules.format("claim id", value, DIGEST, "64 hexadecimal digits");
    }

    /**
     * The id of one client's claim.
     *
     * @param client who claims; the claims of two clients never meet
     * @param name what the client calls the claim: 1 to {@value #MAX_LENGTH} visible ASCII characters
     * @throws InvalidValueException if {@code name} breaks its rule
     */
    public static ClaimId of(Owner client, String name) {
        Rules.visible("claimId", name, MAX_LENGTH);
        return new ClaimId(new Fingerprint().add(client).add(name).text());
    }
}
