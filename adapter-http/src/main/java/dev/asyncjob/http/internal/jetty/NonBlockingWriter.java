package dev.asyncjob.http.internal.jetty;

import io.javalin.http.Context;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * Writes a stream of text to a client without blocking a thread until the client has read it. Safe for use from any
 * thread.
 *
 * <h2>Protocol</h2>
 *
 * <p>Pieces wait in a queue. {@link #advance} writes while the servlet's output is ready, flushes when the queue is
 * empty, and only then returns the callbacks of the pieces that are sent; these run outside the lock. The servlet
 * container calls {@link #onWritePossible} when the client has read enough for more. A client that reads nothing is
 * disconnected by the server's idle timeout.
 *
 * <h2>Why it stays</h2>
 *
 * <p>On Java 17 a blocking write would occupy a thread for each slow client. On Java 21 or later a virtual thread could
 * block instead, but streams of events last for an hour and write from timers and from threads of the status watch,
 * which must not block either.
 */
public final class NonBlockingWriter implements WriteListener {
    private final ServletOutputStream out;
    private final Runnable disconnected;
    private final Queue<Piece> unsent = new ArrayDeque<>();

    /** Run as soon as everything that was written is sent. */
    private final List<Runnable> written = new ArrayList<>();

    private boolean flushed = true;
    private boolean closed;

    private NonBlockingWriter(ServletOutputStream out, Runnable disconnected) {
        this.out = out;
        this.disconnected = disconnected;
    }

    private record Piece(String text, Runnable sent) {}

    /**
     * A writer for the response of this request.
     *
     * @param disconnected run if the client has disconnected, possibly more than once; it must return quickly
     */
    public static NonBlockingWriter of(Context ctx, Runnable disconnected) {
        try {
            return new NonBlockingWriter(ctx.res().getOutputStream(), disconnected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts to write. To be called once, on the request's thread, after the request became asynchronous. */
    public void begin() {
        out.setWriteListener(this);
    }

    /**
     * Writes after everything that was written before.
     *
     * @param sent run when all of the text is sent, on this thread or one of the server's
     */
    public void write(String text, Runnable sent) {
        synchronized (this) {
            unsent.add(new Piece(text, sent));
        }
        onWritePossible();
    }

    /** Writes, unless earlier text is not sent yet. */
    public void writeIfIdle(String text) {
        boolean idle;
        synchronized (this) {
            idle = unsent.isEmpty() && flushed && written.isEmpty();
        }
        if (idle) {
            write(text, () -> {});
        }
    }

    @Override
    public void onWritePossible() {
        try {
            advance().forEach(Runnable::run);
        } catch (IOException e) { // the client has disconnected
            disconnected.run();
        }
    }

    private synchronized List<Runnable> advance() throws IOException {
        while (!closed && out.isReady()) {
            Piece next = unsent.poll();
            if (next != null) {
                flushed = false;
                written.add(next.sent);
                out.write(next.text.getBytes(StandardCharsets.UTF_8));
            } else if (!flushed) {
                flushed = true;
                out.flush();
            } else {
                List<Runnable> sent = List.copyOf(written);
                written.clear();
                return sent;
            }
        }
        return List.of();
    }

    @Override
    public void onError(Throwable thrown) {
        disconnected.run();
    }

    public synchronized void close() {
        closed = true;
    }
}
