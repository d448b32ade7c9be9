package dev.asyncjob.callbacks;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Decides which addresses callbacks are sent to: the global ones of the registries of IANA (RFC 6890), and those of the
 * networks that the settings name. Of an IPv6 address that stands for an IPv4 address, the IPv4 address is judged.
 * Immutable.
 */
final class AddressRules {
    /** The IPv4 networks that are not global, and those of multicast. */
    private static final List<Network> NOT_GLOBAL_V4 = networks(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4");

    /** All global IPv6 addresses are in here: loopback, ULA, link-local, multicast and what is not assigned are not. */
    private static final Network GLOBAL_V6 = Network.parse("2000::/3");

    /** Networks in {@link #GLOBAL_V6} that are not global: protocols, with Teredo, and documentation. */
    private static final List<Network> NOT_GLOBAL_V6 = networks("2001::/23", "2001:db8::/32", "3fff::/20");

    /** Networks whose last four bytes are an IPv4 address: compatible, mapped, and NAT64 (RFC 6052). */
    private static final List<Network> V4_AT_THE_END =
            List.of(Network.parse("::/96"), Network.MAPPED, Network.parse("64:ff9b::/96"));

    /** 6to4: the four bytes after the first two are an IPv4 address. */
    private static final Network V4_AFTER_TWO_BYTES = Network.parse("2002::/16");

    private static final int V4_BYTES = 4;

    private final List<Network> allowed;

    /** @param allowed networks to which callbacks are sent although they are not global */
    AddressRules(List<Network> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    /** Whether callbacks may be sent to an address. */
    boolean allows(InetAddress address) {
        return allows(address.getAddress());
    }

    private boolean allows(byte[] address) {
        return isIn(allowed, address) || (address.length == V4_BYTES ? isGlobalV4(address) : allowsV6(address));
    }

    private boolean allowsV6(byte[] address) {
        if (isIn(V4_AT_THE_END, address)) {
            return allows(Arrays.copyOfRange(address, address.length - V4_BYTES, address.length));
        }
        if (V4_AFTER_TWO_BYTES.contains(address)) {
            return allows(Arrays.copyOfRange(address, 2, 2 + V4_BYTES));
        }
        return GLOBAL_V6.contains(address) && !isIn(NOT_GLOBAL_V6, address);
    }

    private static boolean isGlobalV4(byte[] address) {
        return !isIn(NOT_GLOBAL_V4, address);
    }

    private static boolean isIn(List<Network> networks, byte[] address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    private static List<Network> networks(String... texts) {
        return Stream.of(texts).map(Network::parse).toList();
    }
}
