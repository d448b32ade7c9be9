package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class H2WriteQueueTest {
    private static final int ROOM = 10;

    @TempDir
    private Path folder;

    private final AtomicReference<H2WriteQueue> closed = new AtomicReference<>();
    private H2WriteQueue queue;

    @BeforeEach
    void open() throws IOException {
        HeldFiles.register();
        queue = new H2WriteQueue(FilePath.get("held:" + folder.resolve("file")).open("rw"), closed::set);
        HeldFiles.limit(ROOM);
    }

    @AfterEach
    void makeRoom() throws IOException {
        HeldFiles.limit(Long.MAX_VALUE);
        queue.close();
    }

    private void write(String text, long position) throws IOException {
        assertThat(queue.write(ByteBuffer.wrap(text.getBytes(UTF_8)), position)).isEqualTo(text.length());
    }

    private String read(long position, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        int read = queue.read(target, position);
        return read < 0 ? "" : new String(target.array(), 0, read, UTF_8);
    }

    private String onDisk() throws IOException {
        return Files.readString(folder.resolve("file"));
    }

    @Test
    void a_write_that_does_not_fit_waits_and_is_read_as_if_it_had_been_written() throws IOException {
        write("0123456", 0);
        write("abcdef", 5);

        assertThat(queue.awaitWritten(Duration.ofMillis(10))).isFalse();
        assertThat(queue.size()).isEqualTo(11);
        assertThat(read(0, 20)).isEqualTo("01234abcdef");
        assertThat(read(4, 3)).isEqualTo("4ab");
        assertThat(read(11, 1)).isEmpty();
        assertThat(onDisk()).as("what the file had is whole").startsWith("0123456");
    }

    @Test
    void later_changes_wait_behind_it_although_they_would_fit() throws IOException {
        write("0123456789abc", 0);
        write("X", 1);
        queue.truncate(4);
        write("Y", 3);
        queue.force(true);

        assertThat(read(0, 20)).isEqualTo("0X2Y");
        assertThat(queue.size()).isEqualTo(4);
        assertThat(onDisk()).doesNotContain("X", "Y");
    }

    @Test
    void all_changes_are_written_in_their_order_when_there_is_room() throws IOException {
        write("0123456789abc", 0);
        write("X", 1);
        queue.truncate(4);
        HeldFiles.limit(Long.MAX_VALUE);
        awaitWritten();
        write("Z", 0);

        assertThat(onDisk()).isEqualTo("ZX23");
        assertThat(read(0, 20)).isEqualTo("ZX23");
    }

    @Test
    void more_than_the_limit_of_bytes_fails() throws IOException {
        int most = (int) H2ChangeQueue.MAX_BYTES - 1;
        write("x".repeat(most), ROOM);
        write("y", 0);

        assertThatThrownBy(() -> write("z", 0)).isInstanceOf(IOException.class).hasMessageContaining("67108864");
        assertThat(read(0, 1)).isEqualTo("y");
    }

    @Test
    void an_error_of_the_file_never_reaches_h2_and_its_change_is_made_later() throws IOException {
        HeldFiles.limit(Long.MAX_VALUE);
        HeldFiles.failOnce(new OutOfMemoryError("no direct buffer"));
        write("0123456", 0);
        assertThat(read(0, 7)).isEqualTo("0123456");
        write("abc", 7);

        awaitWritten();
        assertThat(onDisk()).isEqualTo("0123456abc");
    }

    @Test
    void nobody_waits_for_a_write_that_does_not_end() throws Exception {
        HeldFiles.Hold hold = HeldFiles.begin();
        try {
            write("0", 0); // for a second
            hold.awaitWriter();
            long begin = System.nanoTime();
            while (queue.awaitWritable(Duration.ZERO)) { // until the write in progress is as old as that
                assertThat(System.nanoTime() - begin)
                        .isLessThan(Duration.ofSeconds(30).toNanos());
            }
            write("1", 1);
            assertThat(queue.awaitWritten(Duration.ZERO)).isFalse();
            assertThat(read(0, 2)).isEqualTo("01");
        } finally {
            hold.release();
        }
        awaitWritten();
        assertThat(queue.awaitWritable(Duration.ZERO)).isTrue();
        assertThat(onDisk()).isEqualTo("01");
    }

    @Test
    void changes_that_still_wait_are_given_up_when_the_file_is_closed() throws IOException {
        write("0123456", 0);
        write("abcdef", 7);
        queue.close();

        assertThat(closed).hasValue(queue);
        assertThat(onDisk()).startsWith("0123456").doesNotContain("def");
    }

    private void awaitWritten() {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!queue.awaitWritten(Duration.ofMillis(10))) {
            assertThat(System.nanoTime()).isLessThan(end);
        }
    }

    /** H2 gives a store up without closing its file when memory is exhausted. */
    @Test
    void a_file_that_was_not_closed_can_be_opened_again_and_has_all_changes() throws IOException {
        H2File.register();
        FilePath file = FilePath.get("asyncjob:" + folder.resolve("jobs.mv.db"));
        FileChannel abandoned = file.open("rw");
        assertThat(abandoned.tryLock()).isNotNull();
        assertThat(abandoned.write(ByteBuffer.wrap("0123".getBytes(UTF_8)), 0)).isEqualTo(4);

        try (FileChannel again = file.open("rw")) {
            assertThat(again.tryLock()).isNotNull();
            assertThat(again.size()).isEqualTo(4);
            assertThat(abandoned.isOpen()).isFalse();
        }
    }
}
