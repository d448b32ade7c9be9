package dev.asyncjob.bootstrap;

import dev.asyncjob.persistence.JavaProcess;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that repeats one request on one connection, in another process, so that the load of the test's own process
 * does not count in its measurements.
 */
final class ReadProbe implements AutoCloseable {
    private static final int WARM_UP = 3_000;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final JavaProcess process;

    private ReadProbe(JavaProcess process) {
        this.process = process;
    }

    /** Starts it and waits for the end of its warm-up. */
    static ReadProbe start(int port, String request, int expectedStatus) {
        JavaProcess process = JavaProcess.of(
                        ReadProbe.class, Integer.toString(port), request, Integer.toString(expectedStatus))
                .withoutEnvironment("ASYNCJOB_")
                .start();
        if (process.nextLine() == null) {
            throw new AssertionError("the probe ended early");
        }
        return new ReadProbe(process);
    }

    /** Ends it and returns the durations of its requests since the start, in milliseconds. */
    List<Double> stop() throws IOException {
        process.writeLine("");
        List<Double> millis =
                process.remainingLines().stream().map(Double::valueOf).toList();
        if (process.waitFor(Duration.ofMinutes(1)) != 0) {
            throw new AssertionError("the probe failed");
        }
        return millis;
    }

    @Override
    public void close() {
        process.close();
    }

    /** Arguments are the port, the request and the expected status; a line on standard input ends it. */
    public static void main(String[] arguments) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]))) {
            socket.setTcpNoDelay(true);
            Requester requester = new Requester(
                    socket, arguments[1].getBytes(StandardCharsets.US_ASCII), Integer.parseInt(arguments[2]));
            for (int i = 0; i < WARM_UP; i++) {
                requester.once();
            }
            System.out.println();
            List<Double> millis = new ArrayList<>();
            while (System.in.available() == 0) {
                millis.add(requester.once());
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            millis.forEach(System.out::println);
        }
    }

    private static final class Requester {
        private final Socket socket;
        private final InputStream in;
        private final byte[] request;
        private final int expectedStatus;

        Requester(Socket socket, byte[] request, int expectedStatus) throws IOException {
            this.socket = socket;
            this.in = new BufferedInputStream(socket.getInputStream());
            this.request = request;
            this.expectedStatus = expectedStatus;
        }

        /** Sends the request and returns the milliseconds until its response. */
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
