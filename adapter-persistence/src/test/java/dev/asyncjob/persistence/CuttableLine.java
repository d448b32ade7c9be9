package dev.asyncjob.persistence;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A line to a server, through real sockets, that can be cut without a packet: what is open carries nothing any more,
 * and nothing is closed.
 */
final class CuttableLine implements AutoCloseable {
    private final ServerSocket entrance;
    private final int target;
    private final List<Passage> passages = new CopyOnWriteArrayList<>();
    private final ExecutorService threads =
            Executors.newCachedThreadPool(task -> new Thread(task, "asyncjob-cuttable-line"));
    private volatile Predicate<String> cutAfter = text -> false;
    private volatile Predicate<String> trickleAfter = text -> false;
    private final CountDownLatch cut = new CountDownLatch(1);

    /** A line to a port of this machine. */
    CuttableLine(int target) {
        this.target = target;
        try {
            entrance = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** The ports from which its connections reach the server. */
    List<Integer> ports() {
        return passages.stream().map(passage -> passage.far.getLocalPort()).toList();
    }

    /** Cuts all open connections; new ones pass. */
    void cutOpenOnes() {
        passages.forEach(passage -> passage.isCut = true);
    }

    /** Cuts the next connection on which a message contains a text; the server gets it, its answer does not pass. */
    void cutAfter(String text) {
        cutAfter = message -> message.contains(text);
    }

    void awaitCut() throws InterruptedException {
        cut.await();
    }

    /** Lets the answers to a message with this text pass a byte in 100 ms. */
    void trickleAfter(String text) {
        trickleAfter = message -> message.contains(text);
    }

    private void accept() {
        try {
            while (true) {
                Socket near = entrance.accept();
                Passage passage = new Passage(near, new Socket(InetAddress.getLoopbackAddress(), target));
                passages.add(passage);
                threads.execute(passage::requests);
                threads.execute(passage::answers);
            }
        } catch (IOException e) { // closed
        }
    }

    private final class Passage {
        private final Socket near;
        private final Socket far;
        private volatile boolean isCut;
        private volatile boolean trickles;

        Passage(Socket near, Socket far) {
            this.near = near;
            this.far = far;
        }

        private void requests() {
            pass(near, far, true);
        }

        private void answers() {
            pass(far, near, false);
        }

        private void pass(Socket from, Socket to, boolean requests) {
            byte[] buffer = new byte[65536];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    if (requests) {
                        request(new String(buffer, 0, length, StandardCharsets.UTF_8), out, buffer, length);
                    } else if (!isCut) {
                        answer(out, buffer, length);
                    }
                }
                if (!isCut) {
                    to.close();
                }
            } catch (IOException | InterruptedException e) { // closed
            }
        }

        private void request(String text, OutputStream out, byte[] buffer, int length) throws IOException {
            boolean last = cutAfter.test(text) && cut.getCount() > 0;
            trickles |= trickleAfter.test(text);
            if (!isCut) {
                isCut = last;
                out.write(buffer, 0, length);
            }
            if (last) {
                cut.countDown();
            }
        }

        private void answer(OutputStream out, byte[] buffer, int length) throws IOException, InterruptedException {
            if (!trickles) {
                out.write(buffer, 0, length);
                return;
            }
            for (int i = 0; i < length && !isCut; i++) {
                out.write(buffer, i, 1);
                var unused = cut.await(100, TimeUnit.MILLISECONDS);
            }
        }

        void close() {
            try (near;
                    far) {
                isCut = true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
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
        cut.countDown();
        passages.forEach(Passage::close);
        threads.shutdown();
    }
}
