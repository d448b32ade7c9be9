package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LastUsesTest {
    private static final SecretHash A = SecretHash.of("a");
    private static final SecretHash B = SecretHash.of("b");

    @TempDir
    private Path folder;

    private final List<Runnable> later = new ArrayList<>();

    private LastUses uses() {
        return new LastUses(clientsFile(), later::add);
    }

    private Path clientsFile() {
        return folder.resolve("clients.json");
    }

    private void aMinutePasses() {
        List<Runnable> due = List.copyOf(later);
        later.clear();
        due.forEach(Runnable::run);
    }

    @Test
    void many_uses_are_written_once_a_minute_with_the_last_second() throws IOException {
        LastUses uses = uses();
        for (int i = 0; i < 100; i++) {
            uses.note(uses.of(A), Jwts.NOW.plusMillis(100L * i));
        }
        assertThat(later).hasSize(1);
        assertThat(LastUses.read(clientsFile())).isEmpty();
        aMinutePasses();
        assertThat(LastUses.read(clientsFile())).isEqualTo(Map.of(A.hex(), Jwts.NOW.plusSeconds(9)));
        assertThat(later).isEmpty();
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.resolve(".clients.json.last-use"))))
                .isEqualTo("rw-------");
    }

    @Test
    void uses_survive_restarts_and_those_of_other_nodes_and_forget_credentials_that_are_gone() throws IOException {
        LastUses before = uses();
        before.note(before.of(A), Jwts.NOW.plusSeconds(60));
        before.note(before.of(B), Jwts.NOW);
        before.note(before.of(SecretHash.of("gone")), Jwts.NOW);
        before.close();
        LastUses after = uses();
        after.note(after.of(A), Jwts.NOW);
        assertThat(after.of(B)).hasValue(0);
        after.close();
        assertThat(LastUses.read(clientsFile()))
                .isEqualTo(Map.of(A.hex(), Jwts.NOW.plusSeconds(60), B.hex(), Jwts.NOW));
    }

    @Test
    void a_use_that_finds_no_thread_is_no_failure_and_the_next_one_is_written() throws IOException {
        AtomicBoolean threads = new AtomicBoolean();
        LastUses uses = new LastUses(clientsFile(), task -> {
            if (!threads.get()) {
                throw new InternalError("unable to create native thread");
            }
            later.add(task);
        });
        uses.note(uses.of(A), Jwts.NOW);
        threads.set(true);
        uses.note(uses.of(A), Jwts.NOW.plusSeconds(1));
        aMinutePasses();
        assertThat(LastUses.read(clientsFile())).isEqualTo(Map.of(A.hex(), Jwts.NOW.plusSeconds(1)));
    }

    @Test
    void lines_that_are_none_are_ignored_and_uses_are_written_nevertheless() throws IOException {
        Path file = folder.resolve(".clients.json.last-use");
        String good = B.hex() + " " + Jwts.NOW + "\n";
        Files.write(
                file,
                (A.hex() + " 2026-99-99T99:99:99Z\n\u00ff\u00fe " + Jwts.NOW + "\n" + good)
                        .getBytes(StandardCharsets.ISO_8859_1));
        assertThat(LastUses.read(clientsFile()))
                .containsEntry(B.hex(), Jwts.NOW)
                .doesNotContainKey(A.hex());

        LastUses uses = uses();
        uses.note(uses.of(A), Jwts.NOW);
        assertThat(uses.of(B)).hasValue(0);
        aMinutePasses();

        assertThat(LastUses.read(clientsFile())).isEqualTo(Map.of(A.hex(), Jwts.NOW, B.hex(), Jwts.NOW));
    }

    @Test
    @Timeout(30)
    void a_pipe_in_the_place_of_the_file_is_not_opened() throws Exception {
        Process pipe = new ProcessBuilder(
                        "mkfifo", folder.resolve(".clients.json.last-use").toString())
                .start();
        assertThat(pipe.waitFor()).isZero();
        assertThatThrownBy(() -> LastUses.read(clientsFile())).hasMessageEndingWith("is not a regular file");
        LastUses uses = uses();
        uses.note(uses.of(A), Jwts.NOW);
        aMinutePasses();
        uses.close();
    }

    @Test
    @Timeout(30)
    void while_a_write_hangs_no_other_waits_for_it() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        Handler stuck = new Handler() {
            @Override
            public void publish(LogRecord line) {
                hanging.countDown();
                try {
                    over.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(LastUses.class.getName());
        LastUses uses = new LastUses(folder.resolve("later/clients.json"), later::add);
        uses.note(uses.of(A), Jwts.NOW);
        log.addHandler(stuck); // of the first failure
        try {
            CompletableFuture<Void> first = CompletableFuture.runAsync(this::aMinutePasses);
            hanging.await();
            uses.note(uses.of(A), Jwts.NOW.plusSeconds(60));
            aMinutePasses();
            uses.close();
            over.countDown();
            first.get();
        } finally {
            over.countDown();
            log.removeHandler(stuck);
        }
        Files.createDirectory(folder.resolve("later"));
        uses.note(uses.of(A), Jwts.NOW.plusSeconds(120));
        aMinutePasses();
        assertThat(LastUses.read(folder.resolve("later/clients.json")))
                .isEqualTo(Map.of(A.hex(), Jwts.NOW.plusSeconds(120)));
    }

    @Test
    void a_place_that_cannot_be_written_harms_nothing() throws IOException {
        LastUses uses = new LastUses(folder.resolve("nowhere/clients.json"), later::add);
        uses.note(uses.of(A), Jwts.NOW);
        aMinutePasses();
        uses.note(uses.of(A), Jwts.NOW.plus(Duration.ofMinutes(1)));
        assertThat(later).hasSize(1);
        uses.close();
        Files.writeString(folder.resolve(".clients.json.last-use"), "hunter2\n" + A.hex() + " yesterday\n");
        assertThat(LastUses.read(clientsFile())).isEmpty();
    }
}
