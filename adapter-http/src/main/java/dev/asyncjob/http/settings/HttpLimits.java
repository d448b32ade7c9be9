package dev.asyncjob.http.settings;

import dev.asyncjob.domain.InvalidValueException;
import java.util.List;
import org.eclipse.jetty.util.InetAddressSet;

/**
 * The limits of one server for its clients (contract section 1, 413, 429 and 431). Immutable.
 *
 * <p>Behind a gateway all connections come from few addresses: name those in {@link #trustedProxies}, to which
 * {@link #maxPerAddress} does not apply.
 *
 * @param maxHeader bytes of a request's line and headers at most, 1 KiB to 64 KiB; more is answered 414 or 431
 * @param maxConnections open connections at most, 1 to 1,000,000; more are answered 503 and closed
 * @param maxPerAddress the same for one IPv4 address or one /64 of IPv6; trusted proxies are not counted
 * @param requestsPerSecond requests a second of one client to one API, 0 to 1,000,000, and ten times as many at once;
 *     more are answered 429; 0 means no limit
 * @param failedLogins invalid credentials of one address at once, 1 to 1,000,000, and a tenth of it each second; more
 *     are answered 429; valid credentials are not limited
 * @param eventStreams streams of events that one client may keep open at once, 1 to 1,000,000; more are answered 429
 * @param trustedProxies addresses, such as {@code 10.0.0.7} or {@code 10.0.0.0/8}, whose {@code X-Forwarded-For} counts
 */
public record HttpLimits(
        int maxHeader,
        int maxConnections,
        int maxPerAddress,
        int requestsPerSecond,
        int failedLogins,
        int eventStreams,
        List<String> trustedProxies) {
    /** The smallest {@link #maxHeader}, in bytes. */
    public static final int MIN_HEADER = 1 << 10;

    /** The largest {@link #maxHeader}, in bytes. */
    public static final int MAX_HEADER = 1 << 16;

    /** The largest number of connections, requests, logins or streams. */
    public static final int MAX_NUMBER = 1_000_000;

    /** Header fields of a request at most; more are answered 431. */
    public static final int MAX_HEADER_COUNT = 100;

    private static final String ADDRESS = "[0-9.]{7,15}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*";

    /** @throws InvalidValueException if a value breaks its rule */
    public HttpLimits {
        trustedProxies = List.copyOf(trustedProxies);
        require(maxHeader, MIN_HEADER, MAX_HEADER);
        require(maxConnections, 1, MAX_NUMBER);
        require(maxPerAddress, 1, MAX_NUMBER);
        require(requestsPerSecond, 0, MAX_NUMBER);
        require(failedLogins, 1, MAX_NUMBER);
        require(eventStreams, 1, MAX_NUMBER);
        addresses(trustedProxies);
    }

    /**
     * 8 KiB, 10,000 and 8,000 connections, 2,000 requests a second, 100 failed logins, 1,000 streams, no trusted proxy.
     */
    public static HttpLimits defaults() {
        return new HttpLimits(8 << 10, 10_000, 8_000, 2_000, 100, 1_000, List.of());
    }

    /** The same limits with another limit for headers. */
    public HttpLimits withMaxHeader(int bytes) {
        return new HttpLimits(
                bytes, maxConnections, maxPerAddress, requestsPerSecond, failedLogins, eventStreams, trustedProxies);
    }

    /** The same limits with other limits for connections. */
    public HttpLimits withConnections(int inAll, int perAddress) {
        return new HttpLimits(
                maxHeader, inAll, perAddress, requestsPerSecond, failedLogins, eventStreams, trustedProxies);
    }

    /** The same limits with another limit for requests; 0 for none. */
    public HttpLimits withRequestsPerSecond(int requests) {
        return new HttpLimits(
                maxHeader, maxConnections, maxPerAddress, requests, failedLogins, eventStreams, trustedProxies);
    }

    /** The same limits with another limit for failed logins. */
    public HttpLimits withFailedLogins(int logins) {
        return new HttpLimits(
                maxHeader, maxConnections, maxPerAddress, requestsPerSecond, logins, eventStreams, trustedProxies);
    }

    /** The same limits with another limit for streams of events. */
    public HttpLimits withEventStreams(int streams) {
        return new HttpLimits(
                maxHeader, maxConnections, maxPerAddress, requestsPerSecond, failedLogins, streams, trustedProxies);
    }

    /** The same limits with other proxies to trust. */
    public HttpLimits trusting(List<String> proxies) {
        return new HttpLimits(
                maxHeader, maxConnections, maxPerAddress, requestsPerSecond, failedLogins, eventStreams, proxies);
    }

    /** The trusted proxies as a set of addresses. */
    public InetAddressSet trusted() {
        return addresses(trustedProxies);
    }

    private static InetAddressSet addresses(List<String> texts) {
        InetAddressSet addresses = new InetAddressSet();
        try {
            for (String text : texts) {
                // Jetty would look up names, and would accept ranges in a notation of its own.
                if (!text.matches("(?:" + ADDRESS + ")(?:/[0-9]{1,3})?")) {
                    throw new IllegalArgumentException("neither an address nor a network");
                }
                addresses.add(text);
            }
            return addresses;
        } catch (IllegalArgumentException e) {
            throw refusal("must be addresses such as 10.0.0.7 or networks such as 10.0.0.0/8, with commas between");
        }
    }

    private static void require(int value, int min, int max) {
        if (value < min || value > max) {
            throw refusal("must be a whole number, %d to %d".formatted(min, max));
        }
    }

    private static InvalidValueException refusal(String message) {
        return new InvalidValueException("format", message, List.of());
    }
}
