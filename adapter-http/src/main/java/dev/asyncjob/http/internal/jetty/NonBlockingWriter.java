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
 * The body of an answer, written as fast as its client reads, without a thread that waits for it. A client that reads
 * nothing is cut off by the server, as one that says nothing is. Thread-safe.
 */
public final class NonBlockingWriter implements WriteListener {
    private final ServletOutputStream out;
    private final Runnable gone;
    private final Queue<Piece> unsent = new ArrayDeque<>();

    /** What is to be run as soon as all that was written is sent. */
    private final List<Runnable> written = new ArrayList<>();

    private boolean flushed = true;
    private boolean over;

    private NonBlockingWriter(ServletOutputStream out, Runnable gone) {
        this.out = out;
        this.gone = gone;
    }

    private record Piece(String text, Runnable sent) {}

    /**
     * A writer for the response of this request.
     *
     * @param gone run if the client is no longer there; quick, and harmless when run again
     */
    public static NonBlockingWriter of(Context ctx, Runnable gone) {
        try {
            return new NonBlockingWriter(ctx.res().getOutputStream(), gone);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Can write from now on; to be called once, on the request's thread, when it is asynchronous. */
    public void begin() {
        out.setWriteListener(this);
    }

    /**
     * Writes behind what is on its way.
     *
     * @param sent run, on some thread of the server's or this one, when all of it is sent
     */
    public void write(String text, Runnable sent) {
        synchronized (this) {
            unsent.add(new Piece(text, sent));
        }
        onWritePossible();
    }

    /** Writes, unless there is something on its way. */
    public void writeIfIdle(String text) {
        boolean idle;
        synchronized (this) {
            idle = unsent.isEmpty() && flushed && written.isEmpty();
        }
        if (idle) {
            write(text, () -> {});
        }
    }

    /** Goes on as far as the client lets it. */
    @Override
    public void onWritePossible() {
        try {
            advance().forEach(Runnable::run);
        } catch (IOException e) { // the client is gone
            gone.run();
        }
    }

    private synchronized List<Runnable> advance() throws IOException {
        while (!over && out.isReady()) {
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
        gone.run();
    }

    /** Writes nothing from now on. */
    public synchronized void close() {
        over = true;
    }
}
