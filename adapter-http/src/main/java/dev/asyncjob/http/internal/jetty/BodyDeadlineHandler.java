package dev.asyncjob.http.internal.jetty;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Gives a request's body a deadline, and lets a failure to read it be final.
 *
 * <p>Jetty's eager reading takes an idle timeout for a passing thing and waits on for ever. Behind this it sees the
 * end: the route then finds that the body is broken off, and says so.
 */
public final class BodyDeadlineHandler extends Handler.Wrapper {
    private final Duration deadline;

    /** @param deadline from the end of the headers to the end of the body */
    public BodyDeadlineHandler(Duration deadline) {
        this.deadline = deadline;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        return super.handle(new Timed(request, System.nanoTime() + deadline.toNanos()), response, callback);
    }

    private static final class Timed extends Request.Wrapper {
        private final long end;
        private final EndPoint endPoint;
        private final long idleTimeout;

        Timed(Request request, long end) {
            super(request);
            this.end = end;
            this.endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
            this.idleTimeout = endPoint.getIdleTimeout();
        }

        /** Who says nothing more must not be let until long after the deadline. */
        @Override
        public void demand(Runnable callback) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            endPoint.setIdleTimeout(Math.min(idleTimeout, Math.max(1, left)));
            super.demand(callback);
        }

        @Override
        public Content.Chunk read() {
            Content.Chunk chunk = super.read();
            if (chunk != null) {
                endPoint.setIdleTimeout(idleTimeout);
            }
            if (Content.Chunk.isFailure(chunk)) {
                return Content.Chunk.from(chunk.getFailure(), true);
            }
            boolean late = System.nanoTime() - end > 0 && (chunk == null || !chunk.isLast());
            if (!late) {
                return chunk;
            }
            if (chunk != null) {
                chunk.release();
            }
            return Content.Chunk.from(new TimeoutException("the body took too long"), true);
        }
    }
}
