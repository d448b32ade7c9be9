package dev.asyncjob.http.internal.jetty;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * Hears that a client hung up while its answer is held; Jetty itself would find out when it writes.
 *
 * <p>While a request is being answered nobody reads from its connection, so this does: an end of the stream is a
 * hang-up, and the beginning of the next request is handed to Jetty, after which hang-ups go unnoticed. HTTP/1.1 only.
 * Thread-safe.
 */
final class DisconnectListener implements Callback {
    /** Long enough for Jetty's own thread to have left the connection, which is not made for two. */
    private static final long LEFT_ALONE_MILLIS = 50;

    /** What fits into an empty buffer of Jetty's, however small headers are kept. */
    private static final int BUFFER = 512;

    private final HttpConnection connection;
    private final AbstractEndPoint endPoint;
    private final Runnable listener;
    private boolean listening;
    private boolean over;

    private DisconnectListener(HttpConnection connection, AbstractEndPoint endPoint, Runnable listener) {
        this.connection = connection;
        this.endPoint = endPoint;
        this.listener = listener;
    }

    /**
     * Tells the listener once, on a thread that must not be kept, if the client hangs up.
     *
     * @return to be run before anything is answered: ends the listening
     */
    static Runnable listen(HttpServletRequest held, Runnable listener) {
        Request request = ServletContextRequest.getServletContextRequest(held);
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        if (!(request.getConnectionMetaData() instanceof HttpConnection connection)
                || !(endPoint instanceof AbstractEndPoint readable)) {
            return () -> {};
        }
        DisconnectListener hangup = new DisconnectListener(connection, readable, listener);
        var begin = request.getComponents()
                .getScheduler()
                .schedule(hangup::begin, LEFT_ALONE_MILLIS, TimeUnit.MILLISECONDS);
        return () -> {
            begin.cancel();
            hangup.end();
        };
    }

    private synchronized void begin() {
        listening = !over && connection.isRequestBufferEmpty() && endPoint.tryFillInterested(this);
    }

    private synchronized void end() {
        over = true;
        if (listening) {
            endPoint.getFillInterest()
                    .fillable(); // takes this from the place that Jetty needs; it hears that it is over
        }
    }

    /** Something can be read. */
    @Override
    public void succeeded() {
        if (isHangup()) {
            listener.run();
        }
    }

    private synchronized boolean isHangup() {
        if (over) {
            return false;
        }
        ByteBuffer next = BufferUtil.allocate(BUFFER);
        int read = read(next);
        if (read == 0) {
            endPoint.tryFillInterested(this);
            return false;
        }
        over = true;
        if (read > 0) {
            connection.onUpgradeTo(next);
        }
        return read < 0;
    }

    private int read(ByteBuffer buffer) {
        try {
            return endPoint.fill(buffer);
        } catch (IOException e) {
            return -1;
        }
    }

    /** The connection is closed, or broke. */
    @Override
    public void failed(Throwable thrown) {
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
        }
        listener.run();
    }

    @Override
    public InvocationType getInvocationType() {
        return InvocationType.NON_BLOCKING;
    }
}
