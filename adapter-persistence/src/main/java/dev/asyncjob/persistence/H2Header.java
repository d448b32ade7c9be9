package dev.asyncjob.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.h2.mvstore.DataUtils;
import org.jspecify.annotations.Nullable;

/**
 * The header of an H2 file, which tells where its newest chunk is.
 *
 * <p>When H2 2.5 writes a chunk into free space within the file, it then writes a header that names the chunk before
 * it. If the process ended now, H2 would not find the last commit when it opens the file again. So such a header is
 * changed to name the chunk that was just written, and it is written before a chunk could overwrite those that lead to
 * it. No header says that the file was closed in order: when one does, and H2 then does not find each of the last
 * chunks, also of those without content, it goes back to an older version. An encrypted file stays as H2 writes it. Not
 * safe for use from several threads at once.
 */
final class H2Header {
    private static final String CLOSED_IN_ORDER = "clean";

    private final FileChannel file;

    /** The fields of the header that the file has; empty while they are not known. */
    private Map<String, String> header = Map.of();

    private @Nullable H2Chunk newest;

    /** @param file the file, as it is before the first change */
    H2Header(FileChannel file) throws IOException {
        this.file = file;
        for (int copy = 0; copy < 2 && header.isEmpty(); copy++) {
            header = H2Chunk.checked(H2Chunk.read(file, (long) copy * H2Chunk.BLOCK, H2Chunk.BLOCK));
        }
    }

    /** Returns the header to write in place of the one that H2 writes. */
    ByteBuffer corrected(ByteBuffer content) {
        Map<String, String> written = H2Chunk.checked(content);
        if (content.remaining() != 2 * H2Chunk.BLOCK || written.isEmpty()) {
            return content;
        }
        written.remove(CLOSED_IN_ORDER);
        header = written;
        return missing().orElseGet(() -> format(written));
    }

    /** Returns the header that must be in the file before this content is written over other content. */
    Optional<ByteBuffer> before(ByteBuffer content) throws IOException {
        Optional<H2Chunk> chunk = H2Chunk.of(content, 0);
        if (newest == null && chunk.isPresent()) {
            newest = newestBefore(chunk.get().version());
        }
        return missing();
    }

    private Optional<ByteBuffer> missing() {
        if (newest == null || header.isEmpty() || newest.version() <= field(H2Chunk.VERSION)) {
            return Optional.empty();
        }
        Map<String, String> next = new HashMap<>(header);
        next.remove(CLOSED_IN_ORDER);
        next.put(H2Chunk.ID, Long.toHexString(newest.id()));
        next.put(H2Chunk.VERSION, Long.toHexString(newest.version()));
        next.put("block", Long.toHexString(newest.block()));
        header = next;
        return Optional.of(format(next));
    }

    private long field(String name) {
        return DataUtils.readHexLong(header, name, 0);
    }

    /** Finds the newest chunk as H2 does: from the one in the header to the next ones, and at the end of the file. */
    private @Nullable H2Chunk newestBefore(long version) throws IOException {
        Optional<H2Chunk> found = Optional.empty();
        for (Optional<H2Chunk> next = H2Chunk.at(file, field("block"));
                isBetween(found, next, version);
                next = H2Chunk.at(file, next.get().next())) {
            found = next;
        }
        if (found.isEmpty() || found.get().version() < version - 1) {
            Optional<H2Chunk> last = H2Chunk.last(file);
            found = isBetween(found, last, version) ? last : found;
        }
        return found.orElse(null);
    }

    private static boolean isBetween(Optional<H2Chunk> older, Optional<H2Chunk> chunk, long newer) {
        return chunk.isPresent()
                && chunk.get().version() < newer
                && (older.isEmpty() || chunk.get().version() > older.get().version());
    }

    private static ByteBuffer format(Map<String, String> fields) {
        byte[] line = H2Chunk.line(fields);
        return ByteBuffer.allocate(2 * H2Chunk.BLOCK).put(0, line).put(H2Chunk.BLOCK, line);
    }

    /** Notes a write. */
    void written(ByteBuffer content, long position) {
        H2Chunk.of(content, position / H2Chunk.BLOCK)
                .filter(chunk -> newest == null || chunk.version() > newest.version())
                .ifPresent(chunk -> newest = chunk);
    }
}
