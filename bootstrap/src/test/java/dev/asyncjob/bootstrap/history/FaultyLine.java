package dev.asyncjob.bootstrap.history;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;

/**
 * A line through real sockets to a port of this machine, which may change, with faults on demand.
 *
 * <p>Safe for use from any thread.
 */
final class FaultyLine implements AutoCloseable {
    /** What the line does to what passes. */
    enum Mode {
        PASS,
        /** Delays each piece in both directions. */
        DELAY,
        /** Lets nothing pass, on open connections and new ones, until the mode changes. */
        SILENT,
        /** Resets new connections. */
        REFUSE,
        /** Resets some connections instead of passing the answer to a COMMIT. */
        CUT_COMMIT,
        /** Delays some answers to a COMMIT. */
        HOLD_COMMIT,
        /** Resets some connections instead of passing an answer. */
        CUT_ANSWER,
        /** Passes half of some answers and closes the connection. */
        HALVE_ANSWER
    }

    private record Fault(Mode mode, double share, Duration delay) {
        boolean strikes() {
            return ThreadLocalRandom.current().nextDouble() < share;
        }
    }

    private static final Fault NONE = new Fault(Mode.PASS, 0, Duration.ZERO);

    /** What PostgreSQL sends when a transaction is committed. */
    private static final String COMMITTED = "COMMIT\0";

    private final ServerSocket entrance;
    private final IntSupplier target;
    private final Set<Passage> passages = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "asyncjob-faulty-line");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicInteger strikes = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile int lastRequest = Integer.MAX_VALUE;
    private Fault fault = NONE;

    FaultyLine(IntSupplier target) {
        this.target = target;
        try {
            entrance = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** Returns how many connections or answers faults have struck. */
    int strikes() {
        return strikes.get();
    }

    /**
     * Sets what it does from now on.
     *
     * @param share of the answers that a mode is about, 0 to 1
     */
    synchronized void set(Mode mode, double share, Duration delay) {
        fault = new Fault(mode, share, delay);
        notifyAll();
    }

    void pass() {
        set(Mode.PASS, 0, Duration.ZERO);
    }

    /** Resets all open connections; new ones pass. */
    void resetOpen() {
        passages.forEach(Passage::reset);
    }

    /** Lets open connections carry nothing ever again, without closing them; new ones pass. */
    void silenceOpen() {
        passages.forEach(passage -> passage.silent = true);
    }

    /** Passes so many more requests, and then resets every connection and refuses new ones. */
    void passOnly(int more) {
        lastRequest = requests.get() + more;
    }

    /** Returns how many requests have come to it. */
    int requests() {
        return requests.get();
    }

    /** Ends one direction of all open connections, as the peer in that direction sees it. */
    void halfClose(boolean towardsTarget) {
        passages.forEach(passage -> passage.halfClose(towardsTarget));
    }

    private synchronized Fault faultOnceAudible() throws InterruptedException {
        while (fault.mode() == Mode.SILENT) {
            wait();
        }
        return fault;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = entrance.accept();
                threads.execute(() -> open(near));
            }
        } catch (IOException e) { // closed
        }
    }

    private void open(Socket near) {
        try {
            if (faultOnceAudible().mode() == Mode.REFUSE) {
                strikes.incrementAndGet();
                reset(near);
                return;
            }
            Passage passage = new Passage(near, new Socket(InetAddress.getLoopbackAddress(), target.getAsInt()));
            passages.add(passage);
            threads.execute(() -> passage.pass(passage.near, passage.far, false));
            passage.pass(passage.far, passage.near, true);
        } catch (IOException | InterruptedException e) {
            reset(near);
        }
    }

    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException e) { // closed already
        }
    }

    private final class Passage {
        private final Socket near;
        private final Socket far;
        private volatile boolean silent;

        Passage(Socket near, Socket far) throws IOException {
            this.near = near;
            this.far = far;
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
        }

        void reset() {
            strikes.incrementAndGet();
            FaultyLine.reset(near);
            FaultyLine.reset(far);
        }

        void halfClose(boolean towardsTarget) {
            try {
                strikes.incrementAndGet();
                (towardsTarget ? far : near).shutdownOutput();
            } catch (IOException e) { // closed already
            }
        }

        private void pass(Socket from, Socket to, boolean answers) {
            byte[] buffer = new byte[65536];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    Fault now = faultOnceAudible();
                    if (silent) {
                        continue;
                    }
                    int passing = answers ? answer(now, buffer, length) : request(now, length);
                    out.write(buffer, 0, passing);
                    if (passing < length) {
                        close();
                        return;
                    }
                }
                faultOnceAudible();
                if (!silent) {
                    to.shutdownOutput();
                }
            } catch (IOException | InterruptedException e) {
                reset();
            } finally {
                if (from.isClosed() || to.isClosed() || (near.isOutputShutdown() && far.isOutputShutdown())) {
                    close();
                }
            }
        }

        private int request(Fault now, int length) throws IOException {
            if (requests.incrementAndGet() > lastRequest) {
                throw new IOException("cut");
            }
            if (now.mode() == Mode.DELAY) {
                LockSupport.parkNanos(now.delay().toNanos());
            }
            return length;
        }

        /** Returns how much of an answer passes, after a delay perhaps. */
        private int answer(Fault now, byte[] buffer, int length) throws IOException {
            boolean commits = new String(buffer, 0, length, StandardCharsets.ISO_8859_1).contains(COMMITTED);
            switch (now.mode()) {
                case DELAY -> LockSupport.parkNanos(now.delay().toNanos());
                case HOLD_COMMIT -> {
                    if (commits && now.strikes()) {
                        strikes.incrementAndGet();
                        LockSupport.parkNanos(now.delay().toNanos());
                    }
                }
                case CUT_COMMIT, CUT_ANSWER -> {
                    if ((commits || now.mode() == Mode.CUT_ANSWER) && now.strikes()) {
                        throw new IOException("cut");
                    }
                }
                case HALVE_ANSWER -> {
                    if (now.strikes()) {
                        strikes.incrementAndGet();
                        return length / 2;
                    }
                }
                case PASS, SILENT, REFUSE -> {
                    // passes
                }
            }
            return length;
        }

        void close() {
            passages.remove(this);
            try (near;
                    far) {
                silent = true;
            } catch (IOException e) { // closed already
            }
        }
    }

    @Override
    public void close() {
        try {
            entrance.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        pass();
        passages.forEach(Passage::close);
        threads.shutdownNow();
    }
}
