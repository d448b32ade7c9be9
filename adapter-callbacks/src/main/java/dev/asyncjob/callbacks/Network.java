package dev.asyncjob.callbacks;

import dev.asyncjob.domain.InvalidValueException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A network of IPv4 or IPv6, in CIDR notation: an address and the number of its bits that all members share. */
final class Network {
    /** Addresses that {@link InetAddress#getByName} parses without asking a name server, with a length. */
    private static final Pattern CIDR =
            Pattern.compile("((?:[0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)/([0-9]{1,3})");

    /** The IPv6 addresses that map IPv4 addresses, which Java parses as the IPv4 addresses themselves. */
    static final Network MAPPED = new Network(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0}, 96);

    private final byte[] address;
    private final int length;

    private Network(byte[] address, int length) {
        this.address = address;
        this.length = length;
    }

    /**
     * Reads a network such as {@code 10.0.0.0/8} or {@code fd00::/8}.
     *
     * @throws InvalidValueException if it is anything else, also one with an address that is not its first
     */
    static Network parse(String text) {
        Matcher matcher = CIDR.matcher(text);
        try {
            if (matcher.matches()) {
                String first = Objects.requireNonNull(matcher.group(1));
                byte[] bytes = bytes(first);
                boolean mapped = bytes.length < MAPPED.address.length && first.indexOf(':') >= 0;
                int length = Integer.parseInt(matcher.group(2)) - (mapped ? MAPPED.length : 0);
                if (length >= 0 && length <= 8 * bytes.length && isZeroFrom(length, bytes)) {
                    return new Network(bytes, length);
                }
            }
        } catch (UnknownHostException e) {
            // It is refused below, like every other text.
        }
        throw new InvalidValueException(
                "format", "must be networks in CIDR notation such as 10.0.0.0/8, separated by commas", List.of());
    }

    /** A part of more than 255 is refused: Java reads it, but as a name. */
    private static byte[] bytes(String text) throws UnknownHostException {
        if (text.indexOf(':') < 0 && Arrays.stream(text.split("\\.")).anyMatch(part -> Integer.parseInt(part) > 255)) {
            throw new UnknownHostException("not an address");
        }
        return InetAddress.getByName(text).getAddress();
    }

    private static boolean isZeroFrom(int length, byte[] bytes) {
        for (int bit = length; bit < 8 * bytes.length; bit++) {
            if (bit(bytes, bit) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether an address, of 4 or 16 bytes, is in this network. */
    boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < length; bit++) {
            if (bit(address, bit) != bit(other, bit)) {
                return false;
            }
        }
        return true;
    }

    private static int bit(byte[] bytes, int index) {
        return bytes[index / 8] >> (7 - index % 8) & 1;
    }
}
