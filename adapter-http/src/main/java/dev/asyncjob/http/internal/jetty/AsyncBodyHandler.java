package dev.asyncjob.http.internal.jetty;

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
 * Sends a body that is there as a whole as fast as its client reads, without a thread that waits for it. A servlet
 * blocks on every write that is told its length; here it is told at once that all is written, and the request ends when
 * it is.
 *
 * <p>Nothing is copied: the body stays in memory until it is read, and the next request of a connection is begun then.
 */
public final class AsyncBodyHandler extends Handler.Wrapper {
    /** The attribute of a request whose whole body is there: its bytes, which nobody changes. */
    public static final String BODY = "dev.asyncjob.body";

    /** What is given to the socket at once: the JDK keeps a copy of as much for each thread. */
    private static final int PIECE = 32 << 10;

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Whole whole = new Whole(request, response, callback);
        return super.handle(request, whole, whole);
    }

    private static final class Whole extends Response.Wrapper implements Callback {
        private final Callback callback;
        private Callback.@Nullable Completable sent;

        Whole(Request request, Response response, Callback callback) {
            super(request, response);
            this.callback = callback;
        }

        /** Whoever writes the body writes it all: with its first piece, all of it is on its way. */
        @Override
        public void write(boolean last, @Nullable ByteBuffer piece, Callback written) {
            if (sent == null && getRequest().getAttribute(BODY) instanceof byte[] body) {
                sent = new Callback.Completable();
                Content.copy(new ByteBufferContentSource(pieces(body)), getWrapped(), sent);
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
                var unused = sent.whenComplete((nothing, thrown) -> {
                    if (thrown == null) {
                        callback.succeeded();
                    } else {
                        callback.failed(thrown);
                    }
                });
            }
        }

        @Override
        public void failed(Throwable thrown) {
            callback.failed(thrown);
        }
    }
}
