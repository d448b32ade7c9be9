package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.access.ClientAddress;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.JobJson;
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
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.InetAddressSet;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Bounds the connections, in all and per address, and closes those whose client takes too long to ask: the head of the
 * next request must be complete {@link #patience} after the connection was opened, or after the answer before.
 */
public final class Connections extends Handler.Wrapper implements Connection.Listener {
    private static final Logger LOG = System.getLogger(Connections.class.getName());
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    /** How often it looks for the slow ones: so often that those who came in a crowd leave as they came. */
    private static final Duration LOOK = Duration.ofMillis(50);

    private final HttpLimits limits;
    private final InetAddressSet trusted;
    private final Duration patience;
    private final Map<Connection, Seat> open = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final AtomicLong nextComplaint = new AtomicLong(System.nanoTime());
    private volatile Scheduler.Task nextLook = () -> false;

    /** @param patience how long a client may take to ask */
    public Connections(HttpLimits limits, Duration patience) {
        this.limits = limits;
        this.trusted = limits.trusted();
        this.patience = patience;
    }

    /** What is known of one connection. */
    private static final class Seat {
        private final InetAddress address;
        private final AtomicInteger answering = new AtomicInteger();
        private volatile long waitingSince = System.nanoTime();

        Seat(InetAddress address) {
            this.address = address;
        }

        void begin() {
            answering.incrementAndGet();
        }

        void end() {
            waitingSince = System.nanoTime();
            answering.decrementAndGet();
        }

        boolean isWaitingSince(long nanoTime) {
            return answering.get() == 0 && waitingSince - nanoTime < 0;
        }
    }

    @Override
    public void onOpened(Connection connection) {
        InetAddress address = connection.getEndPoint().getRemoteSocketAddress() instanceof InetSocketAddress socket
                ? socket.getAddress()
                : InetAddress.getLoopbackAddress();
        Seat seat = new Seat(ClientAddress.network(address));
        open.put(connection, seat);
        int ofAddress = byAddress.merge(seat.address, 1, Integer::sum);
        if (open.size() > limits.maxConnections()) {
            refuse(connection, open.size(), "in all");
        } else if (ofAddress > limits.maxConnectionsPerAddress() && !trusted.test(address)) {
            refuse(connection, ofAddress, "from one address");
        }
    }

    @Override
    public void onClosed(Connection connection) {
        Seat left = open.remove(connection);
        if (left != null) {
            byAddress.computeIfPresent(left.address, (address, count) -> count == 1 ? null : count - 1);
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Seat seat = open.get(request.getConnectionMetaData().getConnection());
        if (seat != null) {
            seat.begin();
            Request.addCompletionListener(request, failure -> seat.end());
        }
        return super.handle(request, response, callback);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        look();
    }

    @Override
    protected void doStop() throws Exception {
        nextLook.cancel();
        super.doStop();
    }

    private void look() {
        long latest = System.nanoTime() - patience.toNanos();
        open.forEach((connection, seat) -> {
            if (seat.isWaitingSince(latest)) {
                connection.getEndPoint().close();
            }
        });
        if (isStarting() || isStarted()) {
            nextLook = getServer().getScheduler().schedule(this::look, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void refuse(Connection connection, int count, String whose) {
        try {
            connection.getEndPoint().flush(ByteBuffer.wrap(refusal()));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a refused client is gone", e);
        }
        connection.getEndPoint().close();
        long now = System.nanoTime();
        long due = nextComplaint.get();
        if (now - due >= 0 && nextComplaint.compareAndSet(due, now + MINUTE)) {
            LOG.log(Level.WARNING, "connections are refused: {0} are open {1}", count, whose);
        }
    }

    /** 503 as any other, written by hand: nobody has asked anything yet. */
    private static byte[] refusal() {
        ApiError error = ApiError.unavailable(1);
        String requestId = RequestId.of(List.of());
        String body = new String(JobJson.error(error, "/", requestId), StandardCharsets.UTF_8);
        return String.join(
                        "\r\n",
                        "HTTP/1.1 503 Service Unavailable",
                        "Retry-After: " + error.headers().get("Retry-After"),
                        "Cache-Control: no-store",
                        "Connection: close",
                        RequestId.HEADER + ": " + requestId,
                        "Content-Type: " + Errors.JSON,
                        "Content-Length: " + body.length(),
                        "",
                        body)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
