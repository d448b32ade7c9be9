package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;

/**
 * A chunk of an H2 file. Each commit writes one, with a greater version than all before. Its first line describes it,
 * and its last one repeats that.
 *
 * @param id the number of the chunk, which H2 uses again after 2^26 chunks
 * @param block where it begins
 * @param length in blocks
 * @param next the block where H2 expected to write the following chunk; 0 if nowhere
 */
record H2Chunk(long id, long version, long block, long length, long next) {
    /** The size of a block in bytes. */
    static final int BLOCK = 4096;

    /** The name of the field with the number of a chunk. */
    static final String ID = "chunk";

    /** The name of the field with the version of a chunk. */
    static final String VERSION = "version";

    /** The number of blocks at the beginning of the file that are not of chunks. */
    private static final int HEADER = 2;

    private static final int LAST_LINE = 128;
    private static final String LENGTH = "len";
    private static final String NEXT = "next";
    private static final String CHECKSUM = "fletcher";
    private static final List<String> NUMBERS = List.of(ID, VERSION, LENGTH, NEXT);

    /** Returns the chunk that begins with this content, unless it is something else. */
    static Optional<H2Chunk> of(ByteBuffer content, long block) {
        Map<String, String> line = firstLine(content);
        return line.containsKey("toc") ? Optional.of(of(line, block)) : Optional.empty();
    }

    private static H2Chunk of(Map<String, String> line, long block) {
        return new H2Chunk(field(line, ID), field(line, VERSION), block, field(line, LENGTH), field(line, NEXT));
    }

    private static long field(Map<String, String> line, String name) {
        return DataUtils.readHexLong(line, name, 0);
    }

    /** Returns the chunk that begins at a block of the file, if it is whole. */
    static Optional<H2Chunk> at(FileChannel file, long block) throws IOException {
        Optional<H2Chunk> chunk = block < HEADER ? Optional.empty() : of(read(file, block * BLOCK, BLOCK), block);
        return chunk.isPresent() && chunk.get().hasLastLine(file) ? chunk : Optional.empty();
    }

    private boolean hasLastLine(FileChannel file) throws IOException {
        Map<String, String> line = lastLine(file, block + length);
        return !line.isEmpty() && field(line, ID) == id && field(line, VERSION) == version;
    }

    /** Returns the whole chunk of the file that begins at the greatest block. */
    static Optional<H2Chunk> last(FileChannel file) throws IOException {
        for (long end = file.size() / BLOCK; end > HEADER; end--) {
            Map<String, String> line = lastLine(file, end);
            Optional<H2Chunk> chunk = line.isEmpty() ? Optional.empty() : at(file, end - field(line, LENGTH));
            if (chunk.isPresent()) {
                return chunk;
            }
        }
        return Optional.empty();
    }

    private static Map<String, String> lastLine(FileChannel file, long end) throws IOException {
        return checked(read(file, end * BLOCK - LAST_LINE, LAST_LINE));
    }

    /** Returns the bytes of the file, or those up to its end. */
    static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(length);
        for (int n = 0; n >= 0 && content.hasRemaining(); ) {
            n = file.read(content, position + content.position());
        }
        return content.flip();
    }

    /** Returns the fields of the first line; none if it is something else. */
    private static Map<String, String> firstLine(ByteBuffer content) {
        byte[] start = new byte[Math.min(BLOCK, content.remaining())];
        content.get(content.position(), start);
        String text = new String(start, ISO_8859_1);
        int end = text.indexOf('\n');
        try {
            Map<String, String> line = end < 0 ? Map.of() : DataUtils.parseMap(text.substring(0, end));
            NUMBERS.forEach(name -> field(line, name));
            return line;
        } catch (MVStoreException e) {
            return Map.of();
        }
    }

    /** Returns the fields of the first line without its checksum; none if it is something else, or was torn. */
    static Map<String, String> checked(ByteBuffer content) {
        Map<String, String> fields = new HashMap<>(firstLine(content));
        String checksum = fields.remove(CHECKSUM);
        byte[] line = new byte[content.remaining()];
        content.get(content.position(), line);
        int end = new String(line, ISO_8859_1).indexOf(',' + CHECKSUM + ':');
        return checksum != null && end > 0 && checksum.strip().equals(checksum(line, end)) ? fields : Map.of();
    }

    private static String checksum(byte[] line, int end) {
        return Integer.toHexString(DataUtils.getFletcher32(line, 0, end));
    }

    /** Returns a line with these fields and their checksum. */
    static byte[] line(Map<String, String> fields) {
        StringBuilder text = DataUtils.appendMap(new StringBuilder(), new HashMap<>(fields));
        byte[] bytes = text.toString().getBytes(ISO_8859_1);
        DataUtils.appendMap(text, CHECKSUM, checksum(bytes, bytes.length));
        return text.append('\n').toString().getBytes(ISO_8859_1);
    }
}
