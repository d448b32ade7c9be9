package dev.asyncjob.http.internal.jetty;

import dev.asyncjob.http.internal.exchange.Answer;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Sends a response body that is complete in memory without blocking a thread until the client has read it.
 *
 * <h2>Problem</h2>
 *
 * <p>A servlet's output stream blocks on every write until the socket has taken the bytes. On Java 17 each client that
 * does not read its response therefore occupies a thread of the pool, and some hundreds of them stop the server.
 *
 * <h2>Solution</h2>
 *
 * <p>{@link HttpExchange#write} leaves the answer in the request attribute {@link HttpExchange#ANSWER}. The first write
 * of the servlet starts an asynchronous copy of its body, and this and all later writes are reported as complete at
 * once. The request completes when the copy does, so that the next request of the connection starts after it. Nothing
 * is copied on the heap; the body stays in memory until the client has read it. Jetty's servlets remove the space in
 * {@code application/json; charset=utf-8}, so the answer's own content type is put back before that.
 *
 * <h2>When it can go</h2>
 *
 * <p>With virtual threads (Java 21 or later) a blocked write costs no thread of the platform. Java 17, and servers for
 * which the setting {@code http.virtual-threads} is off, need this handler.
 */
public final class AsyncBodyHandler extends Handler.Wrapper {
    /** Bytes that are passed to the socket at once: the JDK keeps a direct buffer of that size for each thread. */
    private static final int PIECE = 32 << 10;

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        WholeBody whole = new WholeBody(request, response, callback);
        return super.handle(request, whole, whole);
    }

    private static final class WholeBody extends Response.Wrapper implements Callback {
        private final Callback callback;
        private Callback.@Nullable Completable sent;

        WholeBody(Request request, Response response, Callback callback) {
            super(request, response);
            this.callback = callback;
        }

        @Override
        public void write(boolean last, @Nullable ByteBuffer piece, Callback written) {
            if (sent == null && getRequest().getAttribute(HttpExchange.ANSWER) instanceof Answer answer) {
                getHeaders().put(answer.contentType());
                sent = new Callback.Completable();
                Content.copy(new ByteBufferContentSource(pieces(answer.body())), getWrapped(), sent);
            }
            if (sent == null) {
                super.write(last, piece, written);
            } else {
                written.succeeded();
            }
        }

        private static List<ByteBuffer> pieces(byte[] body) {
            List<ByteBuffer> pieces = new ArrayList<>();
            for (int from = 0; from < body.length; from += PIECE) {
                pieces.add(ByteBuffer.wrap(body, from, Math.min(PIECE, body.length - from)));
            }
            return pieces;
        }

        @Override
        public void succeeded() {
            if (sent == null) {
                callback.succeeded();
            } else {
                callback.completeWith(sent);
            }
        }

        @Override
        public void failed(Throwable thrown) {
            callback.failed(thrown);
        }
    }
}
