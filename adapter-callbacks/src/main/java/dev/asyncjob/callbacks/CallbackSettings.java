package dev.asyncjob.callbacks;

import dev.asyncjob.domain.InvalidValueException;
import java.time.Duration;
import java.util.List;

/**
 * How callbacks are delivered.
 *
 * @param allowedNetworks networks in CIDR notation to which callbacks are sent although they are not global, such as
 *     {@code 10.20.0.0/16}
 * @param giveUpAfter how old a delivery may become before it is given up, {@link #MIN_GIVE_UP} to {@link #MAX_GIVE_UP}
 * @param plaintextToLoopback whether endpoints with {@code http} and a literal loopback address are called; for trials
 *     on one machine
 */
public record CallbackSettings(List<String> allowedNetworks, Duration giveUpAfter, boolean plaintextToLoopback) {
    /** The shortest {@link #giveUpAfter}. */
    public static final Duration MIN_GIVE_UP = Duration.ofSeconds(1);

    /** The longest {@link #giveUpAfter}. */
    public static final Duration MAX_GIVE_UP = Duration.ofDays(30);

    /** @throws InvalidValueException if a value breaks its rule */
    public CallbackSettings {
        allowedNetworks = List.copyOf(allowedNetworks);
        networks(allowedNetworks);
        if (giveUpAfter.compareTo(MIN_GIVE_UP) < 0 || giveUpAfter.compareTo(MAX_GIVE_UP) > 0) {
            throw new InvalidValueException("range", "must be 1 s to 30 d", List.of());
        }
    }

    /** Global addresses only, six hours, no plaintext. */
    public static CallbackSettings defaults() {
        return new CallbackSettings(List.of(), Duration.ofHours(6), false);
    }

    /** The same with other allowed networks. */
    public CallbackSettings withAllowedNetworks(List<String> networks) {
        return new CallbackSettings(networks, giveUpAfter, plaintextToLoopback);
    }

    /** The same with another age at which a delivery is given up. */
    public CallbackSettings withGiveUpAfter(Duration other) {
        return new CallbackSettings(allowedNetworks, other, plaintextToLoopback);
    }

    /** The same with plaintext to loopback addresses. */
    public CallbackSettings withPlaintextToLoopback() {
        return new CallbackSettings(allowedNetworks, giveUpAfter, true);
    }

    AddressRules addressRules() {
        return new AddressRules(networks(allowedNetworks));
    }

    private static List<Network> networks(List<String> texts) {
        return texts.stream().map(Network::parse).toList();
    }
}
