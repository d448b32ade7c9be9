package dev.asyncjob.http.internal.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.InetAddressSet;

/**
 * Finds the address of a request's client: the nearest address that is not a trusted proxy. {@code X-Forwarded-For} is
 * used from its end on, as far as trusted proxies wrote it. Safe for use from any thread.
 *
 * <p>Ours because Jetty's {@code ForwardedRequestCustomizer} and Javalin's rate limit take the header's first entry,
 * which any client may set.
 */
public final class ClientAddress {
    /** Texts that {@link InetAddress#getByName} parses without asking a name server. */
    private static final Pattern LITERAL =
            Pattern.compile("(?:[0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

    /** Bytes of an IPv6 network: a client that has one address of it usually has all 2^64. */
    private static final int V6_NETWORK = 8;

    private final InetAddressSet trusted;

    public ClientAddress(InetAddressSet trusted) {
        this.trusted = trusted;
    }

    /** The network of the request's client, as {@link #network} returns it. */
    public InetAddress of(Request request) {
        return network(nearest(request));
    }

    /** The address of the request's client. */
    InetAddress nearest(Request request) {
        return nearest(Request.getRemoteAddr(request), request.getHeaders().getValuesList("X-Forwarded-For"));
    }

    /**
     * The network of a request's client.
     *
     * @param peer the address of the other end of the connection
     * @param forwarded the lines of {@code X-Forwarded-For}, in order
     */
    InetAddress of(String peer, List<String> forwarded) {
        return network(nearest(peer, forwarded));
    }

    private InetAddress nearest(String peer, List<String> forwarded) {
        InetAddress nearest = literal(peer).orElseGet(InetAddress::getLoopbackAddress);
        List<String> hops = new ArrayList<>();
        forwarded.forEach(line -> hops.addAll(Arrays.asList(line.split(","))));
        for (int i = hops.size() - 1; i >= 0 && trusted.test(nearest); i--) {
            Optional<InetAddress> before = literal(hops.get(i).strip());
            if (before.isEmpty()) {
                break;
            }
            nearest = before.get();
        }
        return nearest;
    }

    /** An IPv4 address itself, the /64 of an IPv6 address. */
    public static InetAddress network(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length > V6_NETWORK) {
            Arrays.fill(bytes, V6_NETWORK, bytes.length, (byte) 0);
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("only a wrong length is refused", e);
        }
    }

    private static Optional<InetAddress> literal(String text) {
        String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        try {
            return LITERAL.matcher(bare).matches() ? Optional.of(InetAddress.getByName(bare)) : Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
