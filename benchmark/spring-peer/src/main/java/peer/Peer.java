package peer;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** A Spring Boot service that schedules, reads, lists and ends jobs; the peer of the start and memory figures. */
@SpringBootApplication
@RestController
public class Peer {
    private final JdbcClient jdbc;

    Peer(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public static void main(String[] arguments) {
        SpringApplication.run(Peer.class, arguments);
        System.out.println("ready");
    }

    @GetMapping("/patients/composition/job/{id}")
    Map<String, Object> status(@PathVariable UUID id) {
        return jdbc.sql("select id, status, eta from job where id = :id").param("id", id).query().listOfRows().stream()
                .findFirst()
                .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    }

    @GetMapping("/jobs")
    List<Map<String, Object>> list() {
        return jdbc.sql("select id, status, eta from job order by eta desc limit 50").query().listOfRows();
    }

    @PostMapping("/jobs")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Map<String, Object> schedule(@RequestBody Map<String, Object> job) {
        UUID id = UUID.randomUUID();
        jdbc.sql("insert into job (id, kind, status, eta) values (?, ?, 'PENDING', ?)")
                .params(id, job.get("kind"), java.sql.Timestamp.from(Instant.now().plusSeconds(1)))
                .update();
        return Map.of("id", id);
    }

    @PostMapping("/jobs/{id}/done")
    void done(@PathVariable UUID id) {
        jdbc.sql("update job set status = 'DONE' where id = ?").params(id).update();
    }
}
