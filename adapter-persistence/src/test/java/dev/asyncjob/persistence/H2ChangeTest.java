package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.h2.store.fs.FileBaseDefault;
import org.junit.jupiter.api.Test;

final class H2ChangeTest {
    /** A file whose writes write one byte, with its contents between them. */
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one thread uses it
    private static final class SlowFile extends FileBaseDefault {
        private final List<String> contents = new ArrayList<>();
        private final StringBuilder content;

        SlowFile(String content) {
            this.content = new StringBuilder(content);
        }

        @Override
        public int read(ByteBuffer target, long position) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int write(ByteBuffer source, long position) {
            content.setLength(Math.max(content.length(), (int) position + 1));
            content.setCharAt((int) position, (char) source.get());
            contents.add(content.toString());
            return 1;
        }

        @Override
        public long size() {
            return content.length();
        }

        @Override
        protected void implTruncate(long size) {
            throw new UnsupportedOperationException();
        }
    }

    private static SlowFile written(String before, String text, long position) throws IOException {
        SlowFile file = new SlowFile(before);
        H2Change.write(ByteBuffer.wrap(text.getBytes(ISO_8859_1)), position).apply(file);
        return file;
    }

    @Test
    void a_write_beyond_the_end_lets_the_file_grow_before_it_overwrites_anything() throws IOException {
        SlowFile file = written("0123456", "abcdef", 5);

        assertThat(file.contents).last().isEqualTo("01234abcdef");
        assertThat(file.contents)
                .filteredOn(content -> content.length() < 11)
                .hasSize(3)
                .allSatisfy(content -> assertThat(content).startsWith("0123456"));
    }

    @Test
    void the_end_of_a_write_is_in_the_file_after_all_before_it() throws IOException {
        for (String before : List.of("01234", "0123456", "0123456789ab")) {
            assertThat(written(before, "abcdef", 5).contents)
                    .as("over %s", before)
                    .filteredOn(content -> content.length() >= 11 && content.charAt(10) == 'f')
                    .first()
                    .asString()
                    .startsWith("01234abcdef");
        }
    }
}
