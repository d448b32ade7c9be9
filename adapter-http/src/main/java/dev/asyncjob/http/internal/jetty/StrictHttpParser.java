package dev.asyncjob.http.internal.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.util.BufferUtil;

/**
 * Jetty's parser, strict also where Jetty's strictest mode is not: in a request line exactly one space separates two
 * parts and the version is in upper case (RFC 9112 sections 2.3 and 3), and no chunk is longer than a body may be. Used
 * by one thread at a time.
 *
 * <p>It looks at the bytes where the parser changes its state, because Jetty shows neither the spaces that it skips nor
 * the length of a chunk. An exception from {@link #setState} is answered as one of Jetty's own.
 */
final class StrictHttpParser extends HttpParser {
    private long maxChunk = Integer.MAX_VALUE;
    private ByteBuffer input = BufferUtil.EMPTY_BUFFER;
    private int lengthAtSpace;
    private boolean lowerCase;
    private long chunk;
    private boolean inChunkLength;

    StrictHttpParser(RequestHandler handler, int maxHeader, HttpCompliance compliance) {
        super(handler, maxHeader, compliance);
    }

    /** Refuses chunks of more bytes. */
    void limitChunks(int bytes) {
        maxChunk = bytes;
    }

    @Override
    public boolean parseNext(ByteBuffer buffer) {
        input = buffer;
        if (isState(State.REQUEST_VERSION)) {
            readVersion(buffer.position());
        } else if (isState(State.CHUNK_SIZE)) {
            readChunkLength(buffer.position());
        }
        return super.parseNext(buffer);
    }

    @Override
    protected void setState(State state) {
        switch (state) {
            case SPACE1, SPACE2 -> {
                lengthAtSpace = getHeaderLength();
                lowerCase = false;
            }
            case URI -> require(getHeaderLength() == lengthAtSpace + 1, HttpStatus.BAD_REQUEST_400);
            case REQUEST_VERSION -> {
                require(getHeaderLength() == lengthAtSpace + 1, HttpStatus.BAD_REQUEST_400);
                readVersion(input.position() - 1);
            }
            case HEADER -> require(!lowerCase, HttpStatus.BAD_REQUEST_400);
            case CHUNK_SIZE -> {
                chunk = 0;
                inChunkLength = true;
                readChunkLength(input.position() - 1);
            }
            case CHUNK -> require(chunk <= maxChunk, HttpStatus.PAYLOAD_TOO_LARGE_413);
            default -> {}
        }
        super.setState(state);
    }

    private static void require(boolean holds, int otherwise) {
        if (!holds) {
            throw new HttpException.RuntimeException(otherwise);
        }
    }

    private void readVersion(int from) {
        for (int i = from; i < input.limit() && input.get(i) >= ' '; i++) {
            lowerCase |= input.get(i) >= 'a' && input.get(i) <= 'z';
        }
    }

    private void readChunkLength(int from) {
        for (int i = from; i < input.limit() && inChunkLength; i++) {
            int digit = Character.digit((char) input.get(i), 16);
            inChunkLength = digit >= 0;
            chunk = inChunkLength ? Math.min(chunk, maxChunk) * 16 + digit : chunk; // no overflow
        }
    }
}
