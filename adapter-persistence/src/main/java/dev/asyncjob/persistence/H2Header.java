package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * The header of an H2 file, which tells where its newest chunk is. Each commit writes a chunk.
 *
 * <p>When H2 2.5 writes a chunk into free space within the file, it then writes a header that names the chunk before
 * it. If the process ended now, H2 would not find the last commit when it opens the file again. So such a header is
 * changed to name the chunk that was just written, and it is written before a chunk could overwrite those that lead to
 * it. An encrypted file stays as H2 writes it. Not safe for use from several threads at once.
 */
final class H2Header {
    /** The size of a block in bytes; the header has two, with the same content. */
    private static final int BLOCK = 4096;

    /** A chunk begins with a line of text that is shorter than this. */
    private static final int MAX_LINE = 1024;

    private static final String CHUNK = "chunk";
    private static final String VERSION = "version";
    private static final String CHECKSUM = "fletcher";

    /** The header that the file has; empty while it is not known. */
    private Map<String, String> header = Map.of();

    private @Nullable Chunk newest;

    private record Chunk(String id, String version, long position) {
        boolean isAfter(@Nullable String other) {
            return other == null || Long.parseLong(version, 16) > Long.parseLong(other, 16);
        }
    }

    /** Returns the header to write in place of the one that H2 writes. */
    ByteBuffer corrected(ByteBuffer content) {
        Map<String, String> written = firstLine(content);
        if (content.remaining() != 2 * BLOCK || !written.containsKey(CHECKSUM)) {
            return content;
        }
        header = written;
        return missing().orElse(content);
    }

    /** Returns the header that names the newest chunk, unless the file has it. */
    Optional<ByteBuffer> missing() {
        if (newest == null || header.isEmpty() || !newest.isAfter(header.get(VERSION))) {
            return Optional.empty();
        }
        Map<String, String> next = new HashMap<>(header);
        next.put(CHUNK, newest.id());
        next.put(VERSION, newest.version());
        next.put("block", Long.toHexString(newest.position() / BLOCK));
        next.remove(CHECKSUM);
        header = next;
        return Optional.of(format(next));
    }

    private static ByteBuffer format(Map<String, String> fields) {
        StringBuilder text = DataUtils.appendMap(new StringBuilder(), new HashMap<>(fields));
        byte[] bytes = text.toString().getBytes(ISO_8859_1);
        DataUtils.appendMap(text, CHECKSUM, DataUtils.getFletcher32(bytes, 0, bytes.length));
        byte[] block = text.append('\n').toString().getBytes(ISO_8859_1);
        return ByteBuffer.allocate(2 * BLOCK).put(0, block).put(BLOCK, block);
    }

    /** Notes a write. A chunk that is not newer than the newest was moved, which H2 records in a later chunk. */
    void written(ByteBuffer content, long position) {
        Map<String, String> line = firstLine(content);
        String id = line.get(CHUNK);
        String version = line.get(VERSION);
        if (id != null && version != null && line.containsKey("toc")) {
            Chunk chunk = new Chunk(id, version, position);
            if (newest == null || chunk.isAfter(newest.version())) {
                newest = chunk;
            }
        }
    }

    private static Map<String, String> firstLine(ByteBuffer content) {
        byte[] start = new byte[Math.min(MAX_LINE, content.remaining())];
        content.get(content.position(), start);
        String text = new String(start, ISO_8859_1);
        int end = text.indexOf('\n');
        try {
            return end < 0 ? Map.of() : DataUtils.parseMap(text.substring(0, end));
        } catch (MVStoreException e) {
            return Map.of();
        }
    }
}
