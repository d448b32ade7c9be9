package dev.asyncjob.identity;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.FileModes;
import dev.asyncjob.identity.internal.file.GuardedFile;
import dev.asyncjob.persistence.JavaProcess;
import dev.asyncjob.testkit.RecordedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientsFileTest {
    private static final Duration A_MINUTE = Duration.ofMinutes(1);

    private static final Instant CREATED = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    private Path folder;

    @Test
    void what_is_written_is_read_again() throws IOException {
        Owner name = new Owner("odd.\"name\"$\\{x}");
        Client client = new Client(
                new TreeSet<>(Set.of(Scope.JOB_WORK, Scope.COMPOSITION_READ)),
                List.of(credential("key 1"), credential("key 2")),
                List.of(credential("token")));
        GuardedFile<Client> file = file();
        put(file, name, client);
        assertThat(file.read()).containsOnlyKeys(name).hasEntrySatisfying(name, read -> {
            assertThat(read.scopes()).containsExactly(Scope.COMPOSITION_READ, Scope.JOB_WORK);
            assertThat(read.apiKeys())
                    .extracting(key -> key.sha256().hex())
                    .containsExactly(
                            SecretHash.of("key 1").hex(), SecretHash.of("key 2").hex());
            assertThat(read.tokens()).singleElement().satisfies(token -> {
                assertThat(token.sha256().matches(SecretHash.of("token"))).isTrue();
                assertThat(token.createdAt()).isEqualTo(CREATED);
            });
        });
    }

    @Test
    void the_text_of_the_file_is_this() throws IOException {
        GuardedFile<Client> file = file();
        put(
                file,
                new Owner("clinic-a"),
                new Client(new TreeSet<>(Set.of(Scope.COMPOSITION_READ)), List.of(credential("abc")), List.of()));
        assertThat(Files.readString(file.path()).replaceAll("\\s", ""))
                .isEqualTo("{\"clients\":{\"clinic-a\":{\"api-keys\":[{\"createdAt\":\"2026-11-23T12:00:00Z\","
                        + "\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}],"
                        + "\"scopes\":[\"composition:read\"],\"tokens\":[]}}}");
    }

    @Test
    void the_end_of_a_secret_is_kept() throws IOException {
        GuardedFile<Client> file = file();
        Instant end = Instant.parse("2026-12-01T12:00:00Z");
        put(
                file,
                new Owner("a"),
                new Client(new TreeSet<>(), List.of(credential("abc").until(end)), List.of(credential("t"))));
        assertThat(file.path()).content().contains("\"expiresAt\"").contains("\"2026-12-01T12:00:00Z\"");
        Client read = requireNonNull(file.read().get(new Owner("a")));
        assertThat(read.apiKeys().get(0).expiresAt()).isEqualTo(end);
        assertThat(read.tokens().get(0).expiresAt()).isNull();
    }

    @Test
    void only_its_owner_can_read_a_new_file() throws IOException {
        GuardedFile<Client> file = file();
        file.edit(clients -> true);
        assertThat(mode(file.path())).isEqualTo("rw-------");
    }

    @Test
    void a_changed_file_keeps_its_mode() throws IOException {
        GuardedFile<Client> file = file();
        file.edit(clients -> true);
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-r-----"));
        add(file, "a");
        assertThat(mode(file.path())).isEqualTo("rw-r-----");
    }

    @Test
    void a_link_is_read_as_a_mounted_secret_but_not_changed() throws IOException {
        Path mounted = Files.createDirectory(folder.resolve("..2026"));
        add(new GuardedFile<>(FileFormat.CLIENTS, mounted.resolve("clients.json")), "a");
        Files.createSymbolicLink(folder.resolve("..data"), mounted.getFileName());
        Path link = Files.createSymbolicLink(folder.resolve("clients.json"), Path.of("..data", "clients.json"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(new GuardedFile<>(FileFormat.CLIENTS, link).read()).containsOnlyKeys(new Owner("a"));
        assertThatThrownBy(() -> add(new GuardedFile<>(FileFormat.CLIENTS, link), "b"))
                .hasMessage(link + ": is a symbolic link; name the file itself to change it");
        Files.setPosixFilePermissions(mounted, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(warnings(new GuardedFile<>(FileFormat.CLIENTS, link)))
                .containsExactly(
                        mounted.toRealPath() + ": other users may change it (mode 777); 'chmod o-w' prevents that");
    }

    @Test
    void a_file_that_others_may_change_is_refused() throws IOException {
        GuardedFile<Client> file = file();
        add(file, "a");
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-rw-rw-"));
        String refusal = file.path() + ": other users may change it (mode 666); 'chmod o-w' prevents that";
        assertThatThrownBy(file::read).hasMessage(refusal);
        assertThatThrownBy(() -> add(file, "b")).hasMessage(refusal);
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-rw----"));
        assertThat(file.read()).hasSize(1);
    }

    @Test
    void a_folder_that_others_may_change_gives_a_warning_unless_it_is_sticky() throws IOException {
        GuardedFile<Client> file = file();
        add(file, "a");
        Files.setAttribute(folder, "unix:mode", 01777);
        assertThat(warnings(file)).isEmpty();
        Files.setAttribute(folder, "unix:mode", 0777);
        add(file, "b");
        assertThat(warnings(file))
                .containsExactly(folder + ": other users may change it (mode 777); 'chmod o-w' prevents that");
    }

    /** What a read of a file warns of. */
    private List<String> warnings(GuardedFile<Client> file) throws IOException {
        try (RecordedLog log = new RecordedLog(FileModes.class.getName())) {
            assertThat(file.read()).isNotEmpty();
            String prefix = folder.toRealPath().toString();
            return log.lines().stream().filter(line -> line.startsWith(prefix)).toList();
        }
    }

    @Test
    void a_lock_that_is_a_link_or_that_others_may_write_is_refused() throws IOException {
        GuardedFile<Client> file = file();
        Path lock = folder.resolve(".clients.json.lock");
        Path elsewhere = folder.resolve("elsewhere");
        Files.createSymbolicLink(lock, elsewhere);
        assertThatThrownBy(() -> add(file, "a")).hasMessageStartingWith(lock + ": is a symbolic link");
        assertThat(elsewhere).doesNotExist();
        Files.delete(lock);
        Files.createFile(lock);
        Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(() -> add(file, "a"))
                .hasMessageStartingWith(lock + ": other users may change it (mode 666)");
        assertThat(file.path()).doesNotExist();
    }

    @Test
    void a_change_that_throws_changes_nothing_and_leaves_nothing_behind() throws IOException {
        GuardedFile<Client> file = file();
        add(file, "a");
        String before = Files.readString(file.path());
        assertThatThrownBy(() -> file.edit(clients -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(Files.readString(file.path())).isEqualTo(before);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("clients.json", ".clients.json.lock");
        }
    }

    @Test
    void a_missing_file_is_not_an_empty_one() {
        assertThatThrownBy(() -> file().read()).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hunter2",
                "{\"hunter2\":1}",
                "{\"clients\":[\"hunter2\"]}",
                "{\"clients\":{\"a\":\"hunter2\"}}",
                "{\"clients\":{\"a\":{\"scopes\":[]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[\"hunter2\"],\"api-keys\":[],\"tokens\":[]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"hunter2\",\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":\"hunter2\"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":\"\"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":\" \"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":\"2026-11-23T12:00:00Z \"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":1900000000}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"sha256\":1111111111111111111111111111111111111111111111111111111111111111,\"createdAt\":\"2026-11-23T12:00:00Z\",\"expiresAt\":null}]}}}",
                "{\"clients\":{\"hunter2 \":{\"scopes\":[],\"api-keys\":[],\"tokens\":[]}}}",
                "{\"clients\":{}",
                "null",
                "{\"clients\":null}",
                "{\"clients\":{\"a\":null}}",
                "{\"clients\":{}}hunter2",
                "{\"clients\":{},\"hunter2\":1}",
                "{\"clients\":{},\"clients\":{\"hunter2\":1}}",
                "{\"clients\":{\"a\":{\"scopes\":[null],\"api-keys\":[],\"tokens\":[]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[null],\"tokens\":[]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[],\"hunter2\":[]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[{\"createdAt\":\"2026-11-23T12:00:00Z\"}]}}}",
                "{\"clients\":{\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[]},\"a\":{\"scopes\":[],\"api-keys\":[],\"tokens\":[]}}}",
            })
    void a_malformed_file_is_refused_without_quoting_it(String content) throws IOException {
        GuardedFile<Client> file = file();
        Files.writeString(file.path(), content);
        assertThatThrownBy(file::read)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file.path() + ": ")
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> add(file, "b")).isInstanceOf(IOException.class);
        assertThat(file.path()).hasContent(content);
    }

    @Test
    void an_error_names_the_place_in_the_file() throws IOException {
        GuardedFile<Client> file = file();
        Files.writeString(
                file.path(), "{\"clients\":\n{\"a\":{\"scopes\":[\"job:wrok\"],\"api-keys\":[],\"tokens\":[]}}}");
        assertThatThrownBy(file::read)
                .hasMessageStartingWith(file.path() + ": no such scope; known are composition:cancel")
                .hasMessageContaining("(line 2, column ");
        Files.writeString(file.path(), "{\"clients\":\n\n}");
        assertThatThrownBy(file::read).hasMessageMatching(".*: not a clients file \\(line 3, column \\d+\\)");
    }

    /** A file that the first version of this format's writer made. */
    @Test
    void an_older_file_is_read() throws IOException {
        GuardedFile<Client> file = file();
        Files.writeString(file.path(), """
                {
                    "clients" : {
                        "clinic-a" : {
                            "api-keys" : [
                                {
                                    "createdAt" : "2026-11-23T12:00:00Z",
                                    "expiresAt" : "2026-12-01T12:00:00Z",
                                    "sha256" : "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
                                }
                            ],
                            "scopes" : [
                                "composition:read"
                            ],
                            "tokens" : []
                        }
                    }
                }
                """);
        Client read = requireNonNull(file.read().get(new Owner("clinic-a")));
        assertThat(read.scopes()).containsExactly(Scope.COMPOSITION_READ);
        assertThat(read.apiKeys()).singleElement().satisfies(key -> {
            assertThat(key.sha256().matches(SecretHash.of("abc"))).isTrue();
            assertThat(key.createdAt()).isEqualTo(CREATED);
            assertThat(key.expiresAt()).isEqualTo(Instant.parse("2026-12-01T12:00:00Z"));
        });
        assertThat(read.tokens()).isEmpty();
    }

    @Test
    void a_change_that_returns_false_leaves_the_file_alone() throws IOException {
        GuardedFile<Client> file = file();
        assertThat(file.edit(clients -> false)).isFalse();
        assertThat(file.path()).doesNotExist();
    }

    @Test
    void bytes_that_are_not_utf_8_are_refused() throws IOException {
        GuardedFile<Client> file = file();
        Files.write(file.path(), new byte[] {(byte) 0xC3, 0x28});
        assertThatThrownBy(file::read).hasMessage(file.path() + ": not a clients file");
    }

    @Test
    void writers_in_one_process_lose_nothing() throws Exception {
        GuardedFile<Client> file = file();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String name = "client-" + i;
            writers.add(() -> {
                add(new GuardedFile<>(FileFormat.CLIENTS, file.path()), name);
                return null;
            });
        }
        try {
            for (Future<Void> written : threads.invokeAll(writers)) {
                written.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(file.read()).hasSize(20);
    }

    @Test
    void writers_in_two_processes_lose_nothing() throws Exception {
        Path path = folder.resolve("clients.json");
        try (JavaProcess one = JavaProcess.of(ClientsFileWriter.class, path.toString(), "one", "40")
                        .start();
                JavaProcess two = JavaProcess.of(ClientsFileWriter.class, path.toString(), "two", "40")
                        .start()) {
            assertThat(one.waitFor(A_MINUTE)).isZero();
            assertThat(two.waitFor(A_MINUTE)).isZero();
        }
        assertThat(new GuardedFile<>(FileFormat.CLIENTS, path).read()).hasSize(80);
    }

    @Test
    @Timeout(60)
    void a_change_that_holds_its_lock_for_good_keeps_others_waiting_for_a_limited_time() throws Exception {
        Path path = folder.resolve("clients.json");
        Path lock = folder.resolve(".clients.json.lock");
        GuardedFile<Client> hasty = new GuardedFile<>(FileFormat.CLIENTS, path, Duration.ofMillis(100));
        add(hasty, "a");
        try (JavaProcess holder =
                JavaProcess.of(LockHolder.class, lock.toString()).start()) {
            assertThat(holder.nextLine()).isEqualTo("locked true");
            assertThatThrownBy(() -> add(hasty, "b"))
                    .isInstanceOf(IOException.class)
                    .hasMessage(lock + ": another change of the clients holds this lock");
        }
        add(hasty, "b");
        assertThat(hasty.read()).hasSize(2);
    }

    @Test
    @Timeout(30)
    void a_pipe_in_the_place_of_the_lock_is_not_opened() throws Exception {
        Path lock = folder.resolve(".clients.json.lock");
        assertThat(new ProcessBuilder("mkfifo", "-m", "600", lock.toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThatThrownBy(() -> add(file(), "a")).hasMessage(lock + ": is not a regular file");
    }

    /** A write that reaches the end of the disk, or a limit, may write a part and report no error. */
    @Test
    void a_file_that_can_be_written_only_in_part_is_not_replaced() throws Exception {
        Path path = folder.resolve("clients.json");
        Path errors = folder.resolve("errors.txt");
        try (JavaProcess writer = JavaProcess.of(ClientsFileWriter.class, path.toString(), "client", "200")
                .options("-XX:-UsePerfData")
                .through("sh", "-c", "ulimit -f 8; exec \"$@\"", "sh") // 4 or 8 KiB
                .errorsTo(errors)
                .start()) {
            assertThat(writer.waitFor(A_MINUTE)).isNotZero();
        }
        assertThat(errors).content().contains("File too large");
        assertThat(new GuardedFile<>(FileFormat.CLIENTS, path).read()).hasSizeBetween(10, 199);
    }

    private GuardedFile<Client> file() {
        return new GuardedFile<>(FileFormat.CLIENTS, folder.resolve("clients.json"));
    }

    private static void add(GuardedFile<Client> file, String name) throws IOException {
        put(file, new Owner(name), new Client(new TreeSet<>(), List.of(), List.of()));
    }

    private static void put(GuardedFile<Client> file, Owner name, Client client) throws IOException {
        file.edit(clients -> clients.put(name, client) == null);
    }

    private static Client.Credential credential(String secret) {
        return new Client.Credential(SecretHash.of(secret), CREATED, null);
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
