package dev.asyncjob.http.settings;

import dev.asyncjob.domain.InvalidValueException;
import java.time.Duration;
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
 * @param idleTimeout the time for which a connection may be idle between two requests, 1 s to 1 h; when three of four
 *     connections are open, at most 10 s
 * @param memory bytes that the bodies of all requests may occupy together, 64 KiB to 1 GiB; as many again for
 *     incomplete heads, and for responses that clients do not read
 * @param requestsPerSecond requests a second of one client to one API, 0 to 1,000,000, and ten times as many at once;
 *     more are answered 429; 0 means no limit
 * @param failedLogins invalid credentials of one address at once, 1 to 1,000,000, and a tenth of it each second; more
 *     are answered 429; valid credentials are not limited
 * @param heldReads status reads of one client that are held at once, 1 to 1,000,000; more are answered without a wait
 * @param heldClaims claims of one client that are held at once, 1 to 1,000,000; more are answered without a wait
 * @param eventStreams streams of events that one client may keep open at once, 1 to 1,000,000; more are answered 429
 * @param trustedProxies addresses, such as {@code 10.0.0.7} or {@code 10.0.0.0/8}, whose {@code X-Forwarded-For} counts
 */
public record HttpLimits(
        int maxHeader,
        int maxConnections,
        int maxPerAddress,
        Duration idleTimeout,
        int memory,
        int requestsPerSecond,
        int failedLogins,
        int heldReads,
        int heldClaims,
        int eventStreams,
        List<String> trustedProxies) {
    /** The smallest {@link #maxHeader}, in bytes. */
    public static final int MIN_HEADER = 1 << 10;

    /** The largest {@link #maxHeader}, in bytes. */
    public static final int MAX_HEADER = 1 << 16;

    /** The largest number of connections, requests, logins or streams. */
    public static final int MAX_NUMBER = 1_000_000;

    /** The shortest {@link #idleTimeout}. */
    private static final Duration MIN_IDLE = Duration.ofSeconds(1);

    /** The longest {@link #idleTimeout}. */
    private static final Duration MAX_IDLE = Duration.ofHours(1);

    /** The smallest {@link #memory}, in bytes. */
    public static final int MIN_MEMORY = 1 << 16;

    /** The largest {@link #memory}, in bytes. */
    public static final int MAX_MEMORY = 1 << 30;

    /** By default {@link #memory} is this part of the heap. */
    private static final int HEAP_DIVISOR = 16;

    /** Header fields of a request at most; more are answered 431. */
    public static final int MAX_HEADER_COUNT = 100;

    /** The part of {@link #maxConnections} that the held requests of one kind and client may take: a quarter. */
    private static final int SHARE_DIVISOR = 4;

    private static final String ADDRESS = "[0-9.]{7,15}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*";

    /** @throws InvalidValueException if a value breaks its rule */
    public HttpLimits {
        trustedProxies = List.copyOf(trustedProxies);
        require(maxHeader, MIN_HEADER, MAX_HEADER);
        require(maxConnections, 1, MAX_NUMBER);
        require(maxPerAddress, 1, MAX_NUMBER);
        if (idleTimeout.compareTo(MIN_IDLE) < 0 || idleTimeout.compareTo(MAX_IDLE) > 0) {
            throw refusal("must be 1 s to 1 h");
        }
        require(memory, MIN_MEMORY, MAX_MEMORY);
        require(requestsPerSecond, 0, MAX_NUMBER);
        require(failedLogins, 1, MAX_NUMBER);
        require(heldReads, 1, MAX_NUMBER);
        require(heldClaims, 1, MAX_NUMBER);
        require(eventStreams, 1, MAX_NUMBER);
        addresses(trustedProxies);
    }

    /**
     * 8 KiB, 10,000 and 8,000 connections, 75 s, a sixteenth of the heap, 2,000 requests a second, 100 failed logins,
     * 2,000 held reads, 1,000 held claims, 1,000 streams, no trusted proxy.
     */
    public static HttpLimits defaults() {
        return new HttpLimits(
                8 << 10,
                10_000,
                8_000,
                Duration.ofSeconds(75),
                partOfHeap(),
                2_000,
                100,
                2_000,
                1_000,
                1_000,
                List.of());
    }

    private static int partOfHeap() {
        long part = Runtime.getRuntime().maxMemory() / HEAP_DIVISOR;
        return (int) Math.max(MIN_MEMORY, Math.min(MAX_MEMORY, part));
    }

    /** The same limits with another limit for headers. */
    public HttpLimits withMaxHeader(int bytes) {
        return new HttpLimits(
                bytes,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with other limits for connections. */
    public HttpLimits withConnections(int inAll, int perAddress) {
        return new HttpLimits(
                maxHeader,
                inAll,
                perAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with another limit for idle connections. */
    public HttpLimits withIdleTimeout(Duration timeout) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                timeout,
                memory,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with another limit for memory. */
    public HttpLimits withMemory(int bytes) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                bytes,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with another limit for requests; 0 for none. */
    public HttpLimits withRequestsPerSecond(int requests) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requests,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with another limit for failed logins. */
    public HttpLimits withFailedLogins(int logins) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                logins,
                heldReads,
                heldClaims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with other limits for held reads and held claims. */
    public HttpLimits withHeld(int reads, int claims) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                failedLogins,
                reads,
                claims,
                eventStreams,
                trustedProxies);
    }

    /** The same limits with another limit for streams of events. */
    public HttpLimits withEventStreams(int streams) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                streams,
                trustedProxies);
    }

    /** The same limits with other proxies to trust. */
    public HttpLimits trusting(List<String> proxies) {
        return new HttpLimits(
                maxHeader,
                maxConnections,
                maxPerAddress,
                idleTimeout,
                memory,
                requestsPerSecond,
                failedLogins,
                heldReads,
                heldClaims,
                eventStreams,
                proxies);
    }

    /**
     * A limit for the held requests of one client, lowered to a quarter of {@link #maxConnections} so that one client
     * cannot hold all connections.
     */
    public int shareOf(int limit) {
        return Math.min(limit, Math.max(1, maxConnections / SHARE_DIVISOR));
    }

    /** The trusted proxies as a set of addresses. */
    public InetAddressSet trusted() {
        return addresses(trustedProxies);
    }

    static InetAddressSet addresses(List<String> texts) {
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
            throw refusal("must be a whole number, %s to %s".formatted(min, max));
        }
    }

    private static InvalidValueException refusal(String message) {
        return new InvalidValueException("format", message, List.of());
    }
}
