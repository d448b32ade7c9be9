package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.settings.HttpLimits;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;

/**
 * A connection that counts what it keeps in memory for its client, and that refuses framing which Jetty lets pass. Safe
 * for use from any thread, as Jetty's.
 *
 * <h2>Memory</h2>
 *
 * <p>Incomplete heads share a {@link MemoryBudget}, by their bytes and fields; where nothing is left, the connection is
 * closed. A response that the socket does not take at once is reported to {@link UnreadResponses}. A head has at most
 * {@link HttpLimits#MAX_HEADER_COUNT} fields, which are counted while they arrive.
 *
 * <h2>Framing</h2>
 *
 * <p>{@link StrictHttpParser} sees the bytes before Jetty's parser. What it refuses becomes an error where Jetty's
 * parser next calls this connection, so that Jetty answers it as its own.
 */
public final class StrictHttpConnection extends HttpConnection {
    /** Bytes that a field takes besides its text. */
    private static final int FIELD_OVERHEAD = 128;

    private final MemoryBudget.Share head;
    private final UnreadResponses unread;
    private volatile long headSince;
    private volatile long filledAt = System.nanoTime();

    // Jetty's constructor sets these two, before the fields above.
    private RequestHandler requestHandler;
    private StrictHttpParser parser;

    private int fields;

    @SuppressWarnings("NullAway.Init")
    private StrictHttpConnection(
            HttpConfiguration http,
            Connector connector,
            EndPoint endPoint,
            MemoryBudget heads,
            UnreadResponses unread) {
        super(http, connector, endPoint);
        this.head = heads.new Share();
        this.unread = unread;
    }

    /** Makes the connections of a connector. */
    public static final class Factory extends HttpConnectionFactory {
        private final int maxBody;
        private final MemoryBudget heads;
        private final UnreadResponses unread;

        /**
         * @param maxBody bytes of a chunk at most
         * @param memory bytes that incomplete heads may occupy together, and as many for responses that are not read
         */
        public Factory(HttpConfiguration http, int maxBody, long memory) {
            super(http);
            this.maxBody = maxBody;
            this.heads = new MemoryBudget(memory);
            this.unread = new UnreadResponses(memory);
        }

        @Override
        public Connection newConnection(Connector connector, EndPoint endPoint) {
            var connection = new StrictHttpConnection(getHttpConfiguration(), connector, endPoint, heads, unread);
            connection.parser.limitChunks(maxBody);
            return configure(connection, connector, endPoint);
        }
    }

    /** The {@link System#nanoTime} at which the first byte of an incomplete head arrived; 0 if there is none. */
    long headSince() {
        return headSince;
    }

    /** The {@link System#nanoTime} at which bytes arrived, before any of them was parsed. */
    long filledAt() {
        return filledAt;
    }

    /** Whether a response was sent and nothing has arrived since. */
    boolean isBetweenRequests() {
        return getMessagesIn() > 0 && getParser().isStart() && getParser().getHeaderLength() == 0;
    }

    @Override
    public void onFillable() {
        filledAt = System.nanoTime();
        super.onFillable();
        int length = parser.inHeaderState() ? parser.getHeaderLength() : 0;
        if (length == 0) {
            if (headSince != 0) {
                headSince = 0;
                head.clear();
            }
            return;
        }
        if (headSince == 0) {
            headSince = System.nanoTime() | 1; // never 0
        }
        if (!head.growTo(2L * length + (long) FIELD_OVERHEAD * fields)) {
            getEndPoint().close();
        }
    }

    /**
     * Between requests another part closes the connection, at its own time, unless the server stops. A request that
     * arrives when the time expires keeps its connection.
     */
    @Override
    public boolean onIdleExpired(TimeoutException timeout) {
        long idle = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - filledAt);
        boolean active = isBetweenRequests() || idle < getEndPoint().getIdleTimeout();
        return (!active || getConnector().isShutdown()) && super.onIdleExpired(timeout);
    }

    @Override
    public void onClose(Throwable cause) {
        head.close();
        unread.remove(getEndPoint());
        super.onClose(cause);
    }

    @Override
    protected HttpParser newHttpParser(HttpCompliance compliance) {
        parser = new StrictHttpParser(requestHandler, getHttpConfiguration().getRequestHeaderSize(), compliance);
        return parser;
    }

    /** Called once, by Jetty's constructor, before the parser is made. */
    @Override
    protected RequestHandler newRequestHandler() {
        requestHandler = new StrictRequestHandler();
        return requestHandler;
    }

    @Override
    protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
        return new ObservedStream(method, uri, version);
    }

    private void countField() {
        if (++fields > HttpLimits.MAX_HEADER_COUNT) {
            throw new HttpException.RuntimeException(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431);
        }
    }

    private final class StrictRequestHandler extends RequestHandler {
        @Override
        public void messageBegin() {
            fields = 0;
            super.messageBegin();
        }

        @Override
        public void parsedHeader(HttpField field) {
            countField();
            super.parsedHeader(field);
        }

        @Override
        public void parsedTrailer(HttpField field) {
            countField();
            super.parsedTrailer(field);
        }
    }

    private final class ObservedStream extends HttpStreamOverHTTP1 {
        private boolean waits;

        ObservedStream(String method, String uri, HttpVersion version) {
            super(method, uri, version);
        }

        @Override
        @SuppressWarnings("ByteBufferBackingArray") // the array tells which document it is; its bytes are not read
        public void send(
                MetaData.Request request, MetaData.Response response, boolean last, ByteBuffer content, Callback sent) {
            end();
            super.send(request, response, last, content, sent);
            if (BufferUtil.hasContent(content) && content.hasArray() && isWritePending()) {
                waits = true;
                unread.add(getEndPoint(), content.array());
                if (!isWritePending()) { // it has ended meanwhile, on another thread
                    end();
                }
            }
        }

        @Override
        public void succeeded() {
            end();
            super.succeeded();
        }

        @Override
        public void failed(Throwable thrown) {
            end();
            super.failed(thrown);
        }

        private void end() {
            if (waits) {
                waits = false;
                unread.remove(getEndPoint());
            }
        }
    }

    private boolean isWritePending() {
        return getEndPoint() instanceof AbstractEndPoint socket
                && socket.getWriteFlusher().isPending();
    }
}
