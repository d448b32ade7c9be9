package dev.asyncjob.bootstrap;

import dev.asyncjob.identity.Processes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that asks the same again and again on one connection, in a process of its own, so that what it measures is
 * not how busy the test is.
 */
final class ReadProbe implements AutoCloseable {
    private static final int WARM_UP = 3_000;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Process process;

    private ReadProbe(Process process) {
        this.process = process;
    }

    /** Starts it and waits until it has asked some thousand times. */
    static ReadProbe start(int port, String request, int expectedStatus) throws IOException {
        Process process =
                Processes.java(ReadProbe.class, Integer.toString(port), request, Integer.toString(expectedStatus));
        if (process.getInputStream().read() != '\n') {
            throw new AssertionError(Processes.err(process));
        }
        return new ReadProbe(process);
    }

    /** Ends it: how many milliseconds each answer took since the start. */
    List<Double> stop() throws IOException, InterruptedException {
        process.getOutputStream().write('\n');
        process.getOutputStream().close();
        List<Double> millis =
                Processes.out(process).lines().map(Double::valueOf).toList();
        if (Processes.exitCode(process) != 0) {
            throw new AssertionError(Processes.err(process));
        }
        return millis;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** The port, the request, and the status that is expected; until something is written to the standard input. */
    public static void main(String[] arguments) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]))) {
            socket.setTcpNoDelay(true);
            Asking asking = new Asking(
                    socket, arguments[1].getBytes(StandardCharsets.US_ASCII), Integer.parseInt(arguments[2]));
            for (int i = 0; i < WARM_UP; i++) {
                asking.once();
            }
            System.out.println();
            List<Double> millis = new ArrayList<>();
            while (System.in.available() == 0) {
                millis.add(asking.once());
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            millis.forEach(System.out::println);
        }
    }

    private static final class Asking {
        private final Socket socket;
        private final InputStream in;
        private final byte[] request;
        private final int expectedStatus;

        Asking(Socket socket, byte[] request, int expectedStatus) throws IOException {
            this.socket = socket;
            this.in = new BufferedInputStream(socket.getInputStream());
            this.request = request;
            this.expectedStatus = expectedStatus;
        }

        /** Milliseconds until it was answered. */
        double once() throws IOException {
            long begin = System.nanoTime();
            socket.getOutputStream().write(request);
            RawSocket.Answer answer = RawSocket.read(in, false);
            double millis = (System.nanoTime() - begin) / 1e6;
            if (answer.status() != expectedStatus) {
                throw new IllegalStateException("answered " + answer);
            }
            return millis;
        }
    }
}
