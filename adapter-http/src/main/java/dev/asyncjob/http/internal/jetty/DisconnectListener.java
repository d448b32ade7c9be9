package dev.asyncjob.http.internal.jetty;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Detects that a client has disconnected while its response is deferred. HTTP/1.1 only. Safe for use from any thread.
 *
 * <h2>Problem</h2>
 *
 * <p>Jetty does not read from a connection while one of its requests is in progress, and so notices a disconnected
 * client only when it writes. Without this class a claim that waits for work would take jobs for a disconnected worker,
 * and waiting reads of disconnected clients would be kept until they time out.
 *
 * <h2>Solution</h2>
 *
 * <p>This reads in Jetty's place. The end of the stream is a disconnect. Bytes are the beginning of the client's next
 * request: they are kept, and passed to Jetty's connection before the response is written. Jetty's connection has room
 * for {@value #BUFFER} of them; a client that sends more, or sent some with the request itself, is not waited for,
 * because its disconnect could not be detected. {@link #end} withdraws the interest in reading, which Jetty needs for
 * itself. Jetty's connection allows one reader only, hence the delay before the first read.
 *
 * <h2>Why it stays</h2>
 *
 * <p>Virtual threads (Java 21 or later) do not change any of this: a closed connection is detected by reading from it,
 * in whichever kind of thread.
 */
final class DisconnectListener implements Callback {
    /** Long enough for Jetty's own thread to have left the connection. */
    private static final long START_DELAY_MILLIS = 50;

    /** Bytes that fit into Jetty's empty buffer, even with the smallest limit for headers. */
    private static final int BUFFER = 512;

    private final HttpConnection connection;
    private final AbstractEndPoint endPoint;
    private final Runnable listener;
    private boolean listening;
    private boolean over;

    /** The beginning of the next request. */
    private @Nullable ByteBuffer next;

    private DisconnectListener(HttpConnection connection, AbstractEndPoint endPoint, Runnable listener) {
        this.connection = connection;
        this.endPoint = endPoint;
        this.listener = listener;
    }

    /**
     * Starts to listen.
     *
     * @param listener run at most once, when the client disconnects or cannot be listened to; it must not block
     * @return ends the listening; must run before the response is written
     */
    static Runnable listen(Request request, Runnable listener) {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        if (!(request.getConnectionMetaData() instanceof HttpConnection connection)
                || !(endPoint instanceof AbstractEndPoint readable)) {
            return () -> {};
        }
        DisconnectListener disconnects = new DisconnectListener(connection, readable, listener);
        var begin = request.getComponents()
                .getScheduler()
                .schedule(disconnects::begin, START_DELAY_MILLIS, TimeUnit.MILLISECONDS);
        return () -> {
            begin.cancel();
            disconnects.end();
        };
    }

    private void begin() {
        if (!connection.isRequestBufferEmpty()) {
            failed(new IOException("the next request has arrived with this one"));
            return;
        }
        synchronized (this) {
            listening = !over && endPoint.tryFillInterested(this);
        }
    }

    private synchronized void end() {
        if (listening) {
            over = true;
            endPoint.getFillInterest().fillable(); // removes this listener, whose succeeded() then does nothing
            if (next != null) {
                connection.onUpgradeTo(next);
            }
        }
        over = true;
    }

    /** The connection is readable. */
    @Override
    public void succeeded() {
        if (isOver()) {
            listener.run();
        }
    }

    /** Reads what has arrived; whether that is the end of the stream, or more than there is room for. */
    private synchronized boolean isOver() {
        if (over) {
            return false;
        }
        if (next == null) {
            next = BufferUtil.allocate(BUFFER);
        }
        over = read(next) < 0 || BufferUtil.isFull(next);
        if (!over) {
            endPoint.tryFillInterested(this);
        }
        return over;
    }

    private int read(ByteBuffer buffer) {
        try {
            return endPoint.fill(buffer);
        } catch (IOException e) {
            return -1;
        }
    }

    /** The connection is closed or broken. */
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
