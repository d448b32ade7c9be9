package dev.asyncjob.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Speaks HTTP to the letter over a socket: what a client library would tidy up, this sends as it is. */
public final class RawHttp {
    private static final int TIMEOUT_MILLIS = 15_000;

    private RawHttp() {}

    /** What came back. */
    public record Answer(int status, List<String> headerLines, String text) {
        public Optional<String> header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return headerLines.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(line -> line.substring(prefix.length()).strip())
                    .findFirst();
        }
    }

    /** Sends the bytes, half-closes, and reads one answer until the server closes or its length is reached. */
    public static Answer send(int port, String request) {
        return send(port, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static Answer send(int port, byte[] request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request);
            socket.getOutputStream().flush();
            return read(socket.getInputStream(), request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the bytes, each text with a call of its own, and returns all that comes back until the server closes. */
    public static String sendAll(int port, String... pieces) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            for (String piece : pieces) {
                socket.getOutputStream().write(piece.getBytes(StandardCharsets.ISO_8859_1));
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer read(InputStream in, byte[] request) throws IOException {
        String head = head(in);
        List<String> lines = head.lines().toList();
        int status = Integer.parseInt(lines.get(0).substring(9, 12));
        Answer bodiless = new Answer(status, lines.subList(1, lines.size()), "");
        boolean none = status == 204 || status == 304 || startsWith(request, "HEAD ");
        if (none) {
            return bodiless;
        }
        Optional<String> length = bodiless.header("content-length");
        byte[] body = length.isPresent() ? in.readNBytes(Integer.parseInt(length.get())) : in.readAllBytes();
        return new Answer(status, bodiless.headerLines(), new String(body, StandardCharsets.UTF_8));
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

    private static boolean startsWith(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).startsWith(text);
    }
}
