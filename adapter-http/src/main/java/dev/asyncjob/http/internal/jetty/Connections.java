package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.application.spi.BackgroundLoop;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.http.internal.access.ClientAddress;
import dev.asyncjob.http.internal.access.ClientSlots;
import dev.asyncjob.http.internal.access.Counts;
import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.RequestId;
import dev.asyncjob.http.settings.HttpLimits;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.InetAddressSet;

/**
 * Limits the open connections and closes those whose client is too slow. Safe for use from any thread.
 *
 * <h2>Number of connections</h2>
 *
 * <p>There is one limit for all connections and one for each IPv4 address or /64 of IPv6. A connection over a limit is
 * answered 503 without its request being read, and closed. Before that, idle connections are closed to make room: those
 * of the address that has most, the longest idle first. A small heap lowers the first limit.
 *
 * <p>Trusted proxies are exempt from the second limit, since a proxy opens connections for many clients. The same limit
 * applies to the requests in progress of each address behind it: such a request over the limit is answered 429.
 *
 * <h2>Slow heads and idle connections</h2>
 *
 * <p>The head of a request must be complete {@code headTimeout} after its first byte, the first head of a connection
 * after the connection was opened, in which time a TLS handshake must be complete as well. Between requests a
 * connection may be idle for {@link HttpLimits#idleTimeout}. A thread looks at all connections every {@link #INTERVAL},
 * which costs less than a timer for each.
 *
 * <p>Ours because Jetty's {@code ConnectionLimit} stops to accept instead of answering and does not count by address,
 * and because Jetty's idle timeout restarts with every byte that arrives.
 */
public final class Connections extends Handler.Wrapper implements Connection.Listener {
    private static final Logger LOG = System.getLogger(Connections.class.getName());

    /** Short, so that connections that were opened together are also closed at about the same pace. */
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private static final Duration STOP_TIME = Duration.ofSeconds(1);

    /** The time for which a connection stays open after its last response, for the client to read that. */
    private static final Duration LINGER = Duration.ofSeconds(5);

    /** When only one of so many places is free, idle connections are closed as early as slow ones. */
    private static final int CROWDED_DIVISOR = 4;

    /** Bytes of heap for each connection: about what one takes that sends the longest head. */
    private static final int HEAP_EACH = 32 << 10;

    /** The same with TLS, with its engine and the longest record. */
    private static final int HEAP_EACH_WITH_TLS = 64 << 10;

    /** The part of all connections that is closed together, so that the next ones find room without a search. */
    private static final int ROOM_DIVISOR = 100;

    /** Seconds after which a client with too many requests in progress may send the next one. */
    private static final long RETRY_AFTER = 1;

    private static final Comparator<Idle> MOST_FIRST =
            Comparator.<Idle>comparingInt(idle -> -idle.ofAddress).thenComparingLong(idle -> -idle.nanos);

    private final HttpLimits limits;
    private final int maxConnections;
    private final InetAddressSet trusted;
    private final Duration headTimeout;
    private final Map<Connection, ConnectionState> open = new ConcurrentHashMap<>();
    private final Counts<InetAddress> byAddress = new Counts<>();
    private final ClientAddress addresses;
    private final ClientSlots<InetAddress> behindProxies;
    private final RateLimitedLog refusals =
            new RateLimitedLog(System::nanoTime, message -> LOG.log(Level.WARNING, message));
    private final BackgroundLoop checks = new BackgroundLoop(
            "asyncjob-connections", this::closeSlow, e -> this.refusals.accept("cannot close slow connections: " + e));

    /**
     * @param headTimeout the time within which the head of a request must be complete
     * @param tls whether connections begin with TLS
     */
    public Connections(HttpLimits limits, Duration headTimeout, boolean tls) {
        long fitting = Runtime.getRuntime().maxMemory() / (tls ? HEAP_EACH_WITH_TLS : HEAP_EACH);
        this.limits = limits;
        this.maxConnections = (int) Math.min(limits.maxConnections(), fitting);
        this.trusted = limits.trusted();
        this.addresses = new ClientAddress(trusted);
        this.behindProxies = new ClientSlots<>(limits.maxPerAddress());
        this.headTimeout = headTimeout;
    }

    private static final class ConnectionState {
        private final InetAddress address;
        private final boolean ofProxy;
        private final AtomicInteger requests = new AtomicInteger();
        private volatile long idleSince = System.nanoTime();

        ConnectionState(InetAddress address, boolean ofProxy) {
            this.address = address;
            this.ofProxy = ofProxy;
        }

        void end() {
            idleSince = System.nanoTime();
            requests.decrementAndGet();
        }

        boolean isIdle() {
            return requests.get() == 0;
        }
    }

    /**
     * An idle connection.
     *
     * @param ofAddress the connections of its address; 0 for a trusted proxy
     * @param nanos how long it is idle
     */
    private record Idle(Connection connection, int ofAddress, long nanos) {}

    @Override
    public void onOpened(Connection connection) {
        if (connection instanceof SslConnection) {
            return; // the connection within it is opened at the same time
        }
        InetAddress address = connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress socket
                ? socket.getAddress()
                : InetAddress.getLoopbackAddress();
        ConnectionState state = new ConnectionState(ClientAddress.network(address), trusted.test(address));
        open.put(connection, state);
        int ofAddress = byAddress.add(state.address, 1, Integer.MAX_VALUE);
        if (ofAddress > limits.maxPerAddress() && !state.ofProxy) {
            refuse(connection, ofAddress, "from one address");
        } else if (open.size() > maxConnections && !makeRoom(connection)) {
            refuse(connection, open.size(), "in all");
        }
    }

    /** Closes some idle connections for a new one; false if there are none. */
    private synchronized boolean makeRoom(Connection newest) {
        if (open.size() <= maxConnections) {
            return true;
        }
        long now = System.nanoTime();
        List<Idle> idle = new ArrayList<>();
        open.forEach((connection, state) -> {
            if (state.isIdle() && connection != newest) {
                idle.add(new Idle(connection, state.ofProxy ? 0 : byAddress.of(state.address), now - state.idleSince));
            }
        });
        idle.sort(MOST_FIRST);
        int room = 1 + maxConnections / ROOM_DIVISOR;
        for (Idle one : idle.subList(0, Math.min(room, idle.size()))) {
            onClosed(one.connection); // Jetty reports it later, on another thread
            close(one.connection);
        }
        return !idle.isEmpty();
    }

    @Override
    public void onClosed(Connection connection) {
        ConnectionState closed = open.remove(connection);
        if (closed != null) {
            byAddress.subtract(closed.address, 1);
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        ConnectionState state = open.get(request.getConnectionMetaData().getConnection());
        if (state != null) {
            Request.addCompletionListener(request, failure -> state.end());
            state.requests.incrementAndGet();
            if (state.ofProxy && !admitsBehindProxy(request)) {
                JettyAnswers.writeError(
                        request,
                        response,
                        callback,
                        ApiError.tooManyRequests(
                                "requests-of-address", behindProxies.limit(), RETRY_AFTER, RETRY_AFTER));
                return true;
            }
        }
        return super.handle(request, response, callback);
    }

    /** Counts a request of a client behind a trusted proxy until it is answered; false if there are too many. */
    private boolean admitsBehindProxy(Request request) {
        InetAddress client = addresses.of(request);
        return trusted.test(client) || behindProxies.takeFor(request, client); // the first is of the proxy itself
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        checks.start();
    }

    @Override
    protected void doStop() throws Exception {
        checks.stop(STOP_TIME);
        super.doStop();
    }

    private Duration closeSlow() {
        long now = System.nanoTime();
        boolean crowded = open.size() > maxConnections / CROWDED_DIVISOR * (CROWDED_DIVISOR - 1);
        open.forEach((connection, state) -> {
            if (state.isIdle() && isOverdue(connection, state.idleSince, now, crowded)) {
                close(connection);
            }
        });
        return INTERVAL;
    }

    /** Lets a connection that cannot be closed keep no other one open. */
    private void close(Connection connection) {
        try {
            connection.getEndPoint().close();
        } catch (Throwable e) {
            refusals.accept("cannot close a connection: " + e);
        }
    }

    private boolean isOverdue(Connection connection, long idleSince, long now, boolean crowded) {
        Duration limit = headTimeout;
        long since = idleSince;
        if (connection instanceof StrictHttpConnection http) {
            long headSince = http.headSince();
            if (http.getParser().isTerminated()) {
                limit = LINGER;
            } else if (http.getMessagesIn() > 0) {
                boolean idle = http.isBetweenRequests() && !(crowded && limit.compareTo(limits.idleTimeout()) < 0);
                limit = idle ? limits.idleTimeout() : limit;
                // Read last: another thread may parse a request meanwhile. Bounded, since a client may send empty
                // lines.
                long active =
                        Math.min(http.filledAt() - since, limits.idleTimeout().toNanos());
                since = headSince == 0 ? since + Math.max(0, active) : headSince;
            }
        }
        return now - since > limit.toNanos();
    }

    private void refuse(Connection connection, int count, String scope) {
        try {
            if (!(connection.getEndPoint() instanceof SslConnection.SslEndPoint)) { // its client waits for a handshake
                connection.getEndPoint().flush(ByteBuffer.wrap(refusal()));
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a refused client has disconnected", e);
        }
        close(connection);
        refusals.accept("connections are refused: " + count + " are open " + scope);
    }

    /** The error's answer as bytes: there is no request, and so nothing of Jetty's that would write it. */
    private static byte[] refusal() {
        String requestId = RequestId.of(List.of());
        Answer answer = Errors.answer(ApiError.unavailable(1), List.of(), "/", "/", requestId);
        StringBuilder text = new StringBuilder("HTTP/1.1 503 Service Unavailable\r\n");
        answer.fields().forEach(field -> text.append(field).append("\r\n"));
        return text.append("Connection: close\r\n")
                .append(RequestId.HEADER + ": ")
                .append(requestId)
                .append("\r\n")
                .append(answer.contentType())
                .append("\r\nContent-Length: ")
                .append(answer.body().length)
                .append("\r\n\r\n")
                .append(new String(answer.body(), StandardCharsets.US_ASCII))
                .toString()
                .getBytes(StandardCharsets.US_ASCII);
    }
}
