package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions are from 10 on, and each chunk has one block; a line of H2 has its numbers in hexadecimal. */
final class H2HeaderTest {
    @TempDir
    private Path folder;

    private FileChannel file;

    @BeforeEach
    void open() throws IOException {
        file = FileChannel.open(
                folder.resolve("jobs"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @AfterEach
    void close() throws IOException {
        file.close();
    }

    private static Map<String, String> header(int version, long block) {
        return Map.of(
                "H", "2", "chunk", "1", "version", Integer.toHexString(version), "block", Long.toHexString(block));
    }

    private static ByteBuffer copies(Map<String, String> header) {
        byte[] line = H2Chunk.line(header);
        return ByteBuffer.allocate(2 * H2Chunk.BLOCK).put(0, line).put(H2Chunk.BLOCK, line);
    }

    private void writeHeader(int version, long block) throws IOException {
        file.write(copies(header(version, block)), 0);
    }

    /** A chunk whose number is its version. */
    private static ByteBuffer chunk(int version, long next) {
        String id = Integer.toHexString(version);
        String first = "chunk:" + id + ",len:1,version:" + id + ",next:" + Long.toHexString(next) + ",toc:9   \n";
        byte[] last = H2Chunk.line(Map.of("chunk", id, "len", "1", "version", id));
        return ByteBuffer.allocate(H2Chunk.BLOCK)
                .put(0, first.getBytes(ISO_8859_1))
                .put(H2Chunk.BLOCK - 128, last);
    }

    private void writeChunk(int version, long block, long next) throws IOException {
        file.write(chunk(version, next), block * H2Chunk.BLOCK);
    }

    private static Map<String, String> fields(Optional<ByteBuffer> header) {
        assertThat(header).isPresent();
        ByteBuffer content = header.get();
        Map<String, String> first = H2Chunk.checked(content.slice(0, H2Chunk.BLOCK));
        assertThat(H2Chunk.checked(content.slice(H2Chunk.BLOCK, H2Chunk.BLOCK)))
                .as("the second copy")
                .isEqualTo(first);
        return first;
    }

    @Test
    void a_file_that_was_opened_gets_a_header_with_its_newest_chunk_before_one_is_overwritten() throws IOException {
        writeHeader(10, 2);
        writeChunk(10, 2, 4);
        writeChunk(11, 4, 5);
        writeChunk(12, 5, 7);
        writeChunk(7, 8, 0);

        assertThat(fields(new H2Header(file).before(chunk(13, 0))))
                .isEqualTo(Map.of("H", "2", "chunk", "c", "version", "c", "block", "5"));
    }

    @Test
    void the_newest_chunk_is_found_at_the_end_of_the_file_before_one_that_was_torn() throws IOException {
        writeHeader(10, 2);
        writeChunk(10, 2, 0);
        writeChunk(12, 9, 0);
        file.write(chunk(13, 0).limit(H2Chunk.BLOCK / 2), 10 * H2Chunk.BLOCK);

        assertThat(fields(new H2Header(file).before(chunk(13, 0)))).containsEntry("block", "9");
    }

    @Test
    void a_header_with_the_newest_chunk_stays() throws IOException {
        writeHeader(12, 5);
        writeChunk(12, 5, 6);
        writeChunk(11, 6, 7);

        assertThat(new H2Header(file).before(chunk(13, 0))).isEmpty();
    }

    @Test
    void an_older_chunk_where_the_next_one_was_expected_leads_nowhere() throws IOException {
        writeHeader(10, 2);
        writeChunk(10, 2, 3);
        writeChunk(9, 3, 4);
        writeChunk(11, 4, 0);
        writeChunk(20, 6, 0);

        assertThat(new H2Header(file).before(chunk(13, 0))).isEmpty();
    }

    @Test
    void a_header_whose_first_copy_was_torn_is_read_from_the_second_one() throws IOException {
        writeHeader(10, 2);
        file.write(ByteBuffer.wrap(new byte[] {'x'}), 20);
        writeChunk(10, 2, 3);
        writeChunk(11, 3, 0);

        assertThat(fields(new H2Header(file).before(chunk(12, 0)))).containsEntry("version", "b");
    }

    @Test
    void other_content_needs_no_header() throws IOException {
        writeHeader(10, 2);
        writeChunk(10, 2, 3);
        writeChunk(11, 3, 0);

        assertThat(new H2Header(file).before(ByteBuffer.wrap("chunk:c,version:c\n".getBytes(ISO_8859_1))))
                .isEmpty();
    }

    @Test
    void a_header_does_not_say_that_the_file_was_closed_in_order() throws IOException {
        Map<String, String> closed = new HashMap<>(header(10, 2));
        closed.put("clean", "1");

        assertThat(fields(Optional.of(new H2Header(file).corrected(copies(closed)))))
                .isEqualTo(header(10, 2));
    }

    @Test
    void a_header_that_cannot_be_read_stays_as_it_is() throws IOException {
        ByteBuffer encrypted = ByteBuffer.allocate(2 * H2Chunk.BLOCK).put(0, new byte[] {'H', '2', 1, 2, 3});

        assertThat(new H2Header(file).corrected(encrypted)).isSameAs(encrypted);
    }
}
