package dev.asyncjob.bootstrap;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Sends raw bytes and reads one response. */
final class RawSocket {
    private static final int TIMEOUT_MILLIS = 15_000;

    /** The time after which an open connection counts as kept open. */
    private static final int LINGER_MILLIS = 300;

    private RawSocket() {}

    /**
     * One response.
     *
     * @param closed whether the server closed the connection after it
     */
    record Answer(int status, List<String> headers, String body, boolean closed) {
        public Optional<String> header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return headers.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(line -> line.substring(prefix.length()).strip())
                    .findFirst();
        }
    }

    /** @param hangUp whether to check that the server closes the connection */
    static Answer send(int port, byte[] message, boolean hangUp) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            write(socket, message);
            Answer answer = read(socket.getInputStream(), message[0] == 'H' && message[1] == 'E');
            return new Answer(answer.status(), answer.headers(), answer.body(), hangUp && isClosed(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads one response. */
    static Answer read(InputStream in, boolean toHead) throws IOException {
        List<String> lines = head(in).lines().toList();
        int status = Integer.parseInt(lines.get(0).substring(9, 12));
        Answer bodiless = new Answer(status, lines.subList(1, lines.size()), "", false);
        boolean none = status == 204 || status == 304 || toHead;
        int length = none
                ? 0
                : bodiless.header("Content-Length").map(Integer::parseInt).orElse(0);
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Answer(status, bodiless.headers(), body, false);
    }

    private static void write(Socket socket, byte[] message) throws IOException {
        try {
            socket.getOutputStream().write(message);
            socket.getOutputStream().flush();
        } catch (SocketException answeredAlready) {
            // its response can be read all the same
        }
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(LINGER_MILLIS);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException kept) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("closed after: " + head.toString(StandardCharsets.ISO_8859_1));
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }
}
