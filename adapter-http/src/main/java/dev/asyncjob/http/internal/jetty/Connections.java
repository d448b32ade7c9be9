package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.http.internal.access.ClientAddress;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.InetAddressSet;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Limits the open connections and closes those whose client is too slow. Safe for use from any thread.
 *
 * <h2>Number of connections</h2>
 *
 * <p>There is one limit for all connections and one for each IPv4 address or /64 of IPv6; trusted proxies are exempt
 * from the second. A connection over a limit is answered 503 without its request being read, and closed.
 *
 * <h2>Slow heads</h2>
 *
 * <p>The head of a request must be complete {@code headTimeout} after the connection was opened or the response before
 * was sent. A task looks at all connections every {@link #INTERVAL}, which costs less than a timer for each.
 *
 * <p>Ours because Jetty's {@code ConnectionLimit} stops to accept instead of answering and does not count by address,
 * and because Jetty's idle timeout restarts with every byte that arrives.
 */
public final class Connections extends Handler.Wrapper implements Connection.Listener {
    private static final Logger LOG = System.getLogger(Connections.class.getName());

    /** Short, so that connections that were opened together are also closed at about the same pace. */
    private static final Duration INTERVAL = Duration.ofMillis(50);

    private final HttpLimits limits;
    private final InetAddressSet trusted;
    private final Duration headTimeout;
    private final Map<Connection, ConnectionState> open = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final RateLimitedLog refusals =
            new RateLimitedLog(System::nanoTime, message -> LOG.log(Level.WARNING, message));
    private volatile Scheduler.Task nextCheck = () -> false;

    /** @param headTimeout the time within which the head of a request must be complete */
    public Connections(HttpLimits limits, Duration headTimeout) {
        this.limits = limits;
        this.trusted = limits.trusted();
        this.headTimeout = headTimeout;
    }

    private static final class ConnectionState {
        private final InetAddress address;
        private final AtomicInteger requests = new AtomicInteger();
        private volatile long idleSince = System.nanoTime();

        ConnectionState(InetAddress address) {
            this.address = address;
        }

        void begin() {
            requests.incrementAndGet();
        }

        void end() {
            idleSince = System.nanoTime();
            requests.decrementAndGet();
        }

        boolean isIdleSinceBefore(long nanoTime) {
            return requests.get() == 0 && idleSince - nanoTime < 0;
        }
    }

    @Override
    public void onOpened(Connection connection) {
        InetAddress address = connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress socket
                ? socket.getAddress()
                : InetAddress.getLoopbackAddress();
        ConnectionState state = new ConnectionState(ClientAddress.network(address));
        open.put(connection, state);
        int ofAddress = byAddress.merge(state.address, 1, Integer::sum);
        if (open.size() > limits.maxConnections()) {
            refuse(connection, open.size(), "in all");
        } else if (ofAddress > limits.maxPerAddress() && !trusted.test(address)) {
            refuse(connection, ofAddress, "from one address");
        }
    }

    @Override
    public void onClosed(Connection connection) {
        ConnectionState closed = open.remove(connection);
        if (closed != null) {
            byAddress.computeIfPresent(closed.address, (address, count) -> count == 1 ? null : count - 1);
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        ConnectionState state = open.get(request.getConnectionMetaData().getConnection());
        if (state != null) {
            state.begin();
            Request.addCompletionListener(request, failure -> state.end());
        }
        return super.handle(request, response, callback);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        closeSlow();
    }

    @Override
    protected void doStop() throws Exception {
        nextCheck.cancel();
        super.doStop();
    }

    private void closeSlow() {
        long latest = System.nanoTime() - headTimeout.toNanos();
        open.forEach((connection, state) -> {
            if (state.isIdleSinceBefore(latest)) {
                connection.getEndPoint().close();
            }
        });
        if (isStarting() || isStarted()) {
            nextCheck =
                    getServer().getScheduler().schedule(this::closeSlow, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void refuse(Connection connection, int count, String scope) {
        try {
            connection.getEndPoint().flush(ByteBuffer.wrap(refusal()));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a refused client has disconnected", e);
        }
        connection.getEndPoint().close();
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
