package dev.asyncjob.domain;

import java.util.regex.Pattern;

/**
 * Identifies repetitions of a {@link Claim} while the leases of its jobs hold.
 *
 * @param value the client and its name for the claim, as a digest: 64 hexadecimal digits
 */
public record ClaimId(String value) {
    /** The longest name of a claim. */
    public static final int MAX_LENGTH = 128;

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    /** @throws InvalidValueException if the value is not 64 hexadecimal digits */
    public ClaimId {
        Rules.format("claim id", value, DIGEST, "64 hexadecimal digits");
    }

    /**
     * The id of one client's claim.
     *
     * @param client the client that claims; the claims of two clients never share an id
     * @param name the name that the client gives the claim: 1 to {@value #MAX_LENGTH} visible ASCII characters
     * @throws InvalidValueException if {@code name} breaks its rule
     */
    public static ClaimId of(Owner client, String name) {
        Rules.visible("claimId", name, MAX_LENGTH);
        return new ClaimId(new Fingerprint().add(client).add(name).text());
    }
}
