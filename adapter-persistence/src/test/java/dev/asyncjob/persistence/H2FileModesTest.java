package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.RecordedLog;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2FileModesTest {
    @TempDir
    private Path folder;

    @Test
    void a_new_database_can_be_used_by_its_owner_only_also_after_its_compaction() throws IOException {
        Path file = folder.resolve("data/deep/jobs.mv.db");
        try (JobDatabase database = open(folder.resolve("data/deep/jobs"), "")) {
            assertThat(database.dialect()).isEqualTo("h2");
            assertThat(mode(folder.resolve("data"))).isEqualTo("rwx------");
            assertThat(mode(folder.resolve("data/deep"))).isEqualTo("rwx------");
            assertThat(mode(file)).isEqualTo("rw-------");
        }
        assertThat(mode(file)).isEqualTo("rw-------");
        open(folder.resolve("data/deep/jobs"), "").close();
        assertThat(mode(file)).isEqualTo("rw-------");
    }

    @Test
    void a_database_that_others_may_use_is_warned_of_and_stays_as_it_is() throws IOException {
        Path file = folder.resolve("jobs.mv.db");
        open(folder.resolve("jobs"), "").close();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(warnings()).containsExactly(file.toRealPath() + ": other users may read jobs there (mode 644)");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setAttribute(folder, "unix:mode", 0777);
        assertThat(warnings())
                .containsExactly(
                        folder.toRealPath() + ": other users may change jobs there (mode 777)",
                        file.toRealPath() + ": other users may change jobs there (mode 666)");
        Files.setAttribute(folder, "unix:mode", 01777);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertThat(warnings()).isEmpty();
        assertThat(mode(file)).isEqualTo("rw-rw----");
    }

    /** As H2's compaction does, which gives the file the name of the database when it is whole. */
    @Test
    void what_h2_writes_beside_the_database_can_be_used_by_its_owner_only_from_the_beginning() throws IOException {
        H2File.register();
        Path file = folder.resolve("jobs.mv.db.tempFile");
        try (FileChannel written = FilePath.get("asyncjob:async:" + file).open("rw")) {
            assertThat(written.size()).isZero();
            assertThat(mode(file)).isEqualTo("rw-------");
        }
    }

    @Test
    void a_mode_that_the_operator_has_chosen_outlives_a_compaction() throws IOException {
        Path file = folder.resolve("jobs.mv.db");
        open(folder.resolve("jobs"), "").close();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        Object before = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        open(folder.resolve("jobs"), "").close();
        assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey())
                .as("compacted")
                .isNotEqualTo(before);
        assertThat(mode(file)).isEqualTo("rw-rw----");
    }

    @Test
    void a_file_that_is_too_large_to_be_compacted_in_the_time_of_a_stop_is_only_closed() throws IOException {
        Path file = folder.resolve("jobs.mv.db");
        open(folder.resolve("jobs"), "").close();
        Object before = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        H2KeepOpen.connect(Connections.of(settings(folder.resolve("jobs"), ""))).close(Files.size(file) - 1);
        assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey())
                .isEqualTo(before);
        H2KeepOpen.connect(Connections.of(settings(folder.resolve("jobs"), ""))).close(Files.size(file));
        assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey())
                .isNotEqualTo(before);
    }

    @Test
    void a_database_that_must_exist_is_not_made() {
        assertThatThrownBy(() -> open(folder.resolve("jobs"), ";IFEXISTS=TRUE"))
                .isInstanceOf(IllegalStateException.class);
        assertThat(folder).isEmptyDirectory();
    }

    /** The warnings when the database is prepared for opening. */
    private List<String> warnings() {
        try (RecordedLog log = new RecordedLog(H2FileModes.class.getName())) {
            H2FileModes.prepare(DatabaseUrl.parse("jdbc:h2:file:" + folder.resolve("jobs")));
            return log.lines();
        }
    }

    private static JobDatabase open(Path name, String parameters) {
        return JobDatabase.open(settings(name, parameters), WorkPolicy.defaults());
    }

    private static DatabaseSettings settings(Path name, String parameters) {
        return DatabaseSettings.defaults().withUrl("jdbc:h2:file:" + name + parameters);
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
