package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Eventually;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full, as far as the database can tell: the system lets its files grow no further. What was
 * acknowledged is kept, what was not is not there at all, and all goes on when there is room again.
 */
@EnabledOnOs(OS.LINUX) // which alone has prlimit
@Tag("soak")
class FullDiskIT {
    private static final String SCOPES = "composition:read,job:schedule,job:admin";
    private static final String NO_LIMIT = "unlimited";

    /** Room for the schema and some dozens of jobs in a file of H2. */
    private static final int LITTLE = 4 << 20;

    /** What PostgreSQL needs for a file of its log; some hundreds of jobs fill a table as large. */
    private static final int LOG_FILE = 16 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    private final Random random = new Random(20_271_127);
    private ServerProcess.Credentials client = new ServerProcess.Credentials("", "");

    private Map<String, String> environment(String url) {
        return Map.of(
                "ASYNCJOB_DB_URL",
                url,
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString());
    }

    @Test
    void h2_keeps_what_was_acknowledged_and_goes_on_when_there_is_room() throws Exception {
        Map<String, String> environment = environment("jdbc:h2:file:" + folder.resolve("jobs"));
        client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
        List<String> kept;
        Map<String, String> refused = new LinkedHashMap<>();
        try (ServerProcess server = ServerProcess.startWithFilesUpTo(LITTLE, folder, "serve", environment)) {
            kept = fill(server, refused);
            Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 503);
            kept.forEach(id -> assertThat(status(server, id)).isIn(200, 503));
            refused.keySet().forEach(id -> assertThat(status(server, id)).isIn(404, 503));
            limitFiles(LongStream.of(server.pid()), NO_LIMIT);
            goesOn(server, kept, refused);
        }
        try (ServerProcess again = ServerProcess.start(folder, "serve", environment)) {
            goesOn(again, kept, refused);
        }
    }

    @Test
    void postgresql_keeps_what_was_acknowledged_and_goes_on_when_there_is_room() throws Exception {
        Path data = Files.createTempDirectory("asyncjob-full");
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.builder().setDataDirectory(data).start()) {
            Map<String, String> environment = environment(postgres.getJdbcUrl("postgres", "postgres"));
            client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
            Map<String, String> refused = new LinkedHashMap<>();
            try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
                limitFiles(processes(data), Integer.toString(LOG_FILE));
                List<String> kept = fill(server, refused);
                Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 503);
                kept.forEach(id -> assertThat(status(server, id)).isEqualTo(200));
                refused.keySet().forEach(id -> assertThat(status(server, id)).isEqualTo(404));
                limitFiles(processes(data), NO_LIMIT);
                goesOn(server, kept, refused);
            }
        }
    }

    /** Schedules until that is refused ten times; the ids of what was accepted. What is refused may be sent again. */
    private List<String> fill(ServerProcess server, Map<String, String> refused) {
        List<String> accepted = new ArrayList<>();
        while (refused.size() < 10) {
            String id = UUID.nameUUIDFromBytes(payload(16)).toString();
            String payload = Base64.getEncoder().encodeToString(payload(40_000));
            HttpResponse<String> answer = schedule(server, id, payload);
            assertThat(answer.statusCode()).as(answer.body()).isIn(202, 503);
            if (answer.statusCode() == 202) {
                accepted.add(id);
            } else {
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                refused.put(id, payload);
            }
            assertThat(accepted.size()).isLessThan(1_000);
        }
        assertThat(accepted).isNotEmpty();
        return accepted;
    }

    private byte[] payload(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private HttpResponse<String> schedule(ServerProcess server, String id, String payload) {
        String job = "{\"id\":\"%s\",\"kind\":\"a.b\",\"links\":[{\"entity\":\"a\"}],\"payload\":\"%s\"}";
        return server.as(client, "POST", "/jobs", job.formatted(id, payload));
    }

    private int status(ServerProcess server, String id) {
        return server.as(client, "GET", "/patients/composition/job/" + id, "").statusCode();
    }

    private static int readiness(ServerProcess server) {
        return server.get("/health/ready").statusCode();
    }

    private void goesOn(ServerProcess server, List<String> kept, Map<String, String> refused) {
        Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 200);
        refused.forEach((id, payload) ->
                Eventually.answer(PATIENCE, () -> schedule(server, id, payload).statusCode(), status -> status == 202));
        kept.forEach(id -> assertThat(status(server, id)).as("kept").isEqualTo(200));
        refused.keySet()
                .forEach(id -> assertThat(status(server, id)).as("repeated").isEqualTo(200));
    }

    /** PostgreSQL's first process, and all that it has started. */
    private static LongStream processes(Path data) throws IOException {
        long first = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).get(0));
        ProcessHandle postmaster = ProcessHandle.of(first).orElseThrow();
        return Stream.concat(Stream.of(postmaster), postmaster.descendants()).mapToLong(ProcessHandle::pid);
    }

    private static void limitFiles(LongStream processes, String bytes) throws Exception {
        for (long pid : processes.toArray()) {
            Process limit = new ProcessBuilder(
                            "prlimit", "--pid", Long.toString(pid), "--fsize=" + bytes + ":unlimited")
                    .inheritIO()
                    .start();
            assertThat(limit.waitFor()).isZero();
        }
    }
}
