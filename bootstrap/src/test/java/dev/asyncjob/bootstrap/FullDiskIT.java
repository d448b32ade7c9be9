package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A full disk, simulated by a limit of the size of files. The server keeps each job that it acknowledged, and none that
 * it did not, and works again when there is room.
 */
@EnabledOnOs(OS.LINUX) // only Linux has prlimit
@Tag("soak")
class FullDiskIT {
    private static final String SCOPES = "composition:read,job:schedule,job:admin";
    private static final String NO_LIMIT = "unlimited";

    /** The size of a file of H2 with the schema and some dozens of jobs. */
    private static final int LITTLE = 6 << 20;

    /** The size of a file of PostgreSQL's write-ahead log; some hundreds of jobs fill a table of this size. */
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
    void h2_keeps_what_was_acknowledged_and_works_again_when_there_is_room() throws Exception {
        Map<String, String> environment = environment("jdbc:h2:file:" + folder.resolve("jobs"));
        client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
        List<String> kept;
        Map<String, String> refused = new LinkedHashMap<>();
        try (ServerProcess server = ServerProcess.startWithFilesUpTo(LITTLE, folder, "serve", environment)) {
            kept = fill(server, refused);
            Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 503);
            kept.forEach(id -> assertThat(status(server, id)).isIn(200, 503));
            List<Integer> statuses =
                    refused.keySet().stream().map(id -> status(server, id)).toList();
            assertThat(statuses).isSubsetOf(200, 404, 503);
            assertThat(Collections.frequency(statuses, 200))
                    .as("the first refused job waits for room, so its outcome is unknown")
                    .isLessThanOrEqualTo(1);
            limitFiles(LongStream.of(server.pid()), NO_LIMIT);
            assertServesAgain(server, kept, refused);
        }
        try (ServerProcess again = ServerProcess.start(folder, "serve", environment)) {
            assertServesAgain(again, kept, refused);
        }
    }

    @Test
    void postgresql_keeps_what_was_acknowledged_and_works_again_when_there_is_room() throws Exception {
        try (PostgresServer postgres = PostgresServer.start()) {
            Map<String, String> environment = environment(postgres.newDatabase());
            client = ServerProcess.addClient(folder, environment, "clinic-a", SCOPES);
            Map<String, String> refused = new LinkedHashMap<>();
            try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
                limitFiles(pids(postgres), Integer.toString(LOG_FILE));
                List<String> kept = fill(server, refused);
                Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 503);
                kept.forEach(id -> assertThat(status(server, id)).isEqualTo(200));
                refused.keySet().forEach(id -> assertThat(status(server, id)).isEqualTo(404));
                limitFiles(pids(postgres), NO_LIMIT);
                assertServesAgain(server, kept, refused);
            }
        }
    }

    /**
     * Schedules jobs until ten are refused, which it adds to a map, and returns the ids of those that were accepted.
     */
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

    private void assertServesAgain(ServerProcess server, List<String> kept, Map<String, String> refused) {
        Eventually.answer(PATIENCE, () -> readiness(server), status -> status == 200);
        refused.forEach((id, payload) ->
                Eventually.answer(PATIENCE, () -> schedule(server, id, payload).statusCode(), status -> status == 202));
        kept.forEach(id -> assertThat(status(server, id)).as("kept").isEqualTo(200));
        refused.keySet()
                .forEach(id -> assertThat(status(server, id)).as("repeated").isEqualTo(200));
    }

    private static LongStream pids(PostgresServer postgres) {
        return postgres.processes().stream().mapToLong(ProcessHandle::pid);
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
