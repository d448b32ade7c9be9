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
 * Gives the body of a request a deadline, and makes a failure to read it final.
 *
 * <h2>Problem</h2>
 *
 * <p>Jetty has an idle timeout but no deadline for a body: a client that sends a byte a second is never idle. And
 * Jetty's {@code EagerContentHandler} takes an idle timeout, which is a transient failure, for one that may pass, and
 * then waits without end.
 *
 * <h2>Solution</h2>
 *
 * <p>Before Jetty waits for more of the body, the idle timeout of the connection is lowered to the time that is left;
 * after each piece it is restored. A failure, or a piece that arrives after the deadline without being the last,
 * becomes a final failure. The route then finds a truncated body and answers 408 or 400.
 *
 * <p>Ours because neither Jetty nor Javalin has a deadline for a whole body.
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
