package dev.asyncjob.http.internal.access;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.RecordedLog;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the security log says of refused requests; other tests may write to it at the same time. */
class SecurityLogTest {
    @AutoClose
    private final RecordedLog log = new RecordedLog(Authenticator.SECURITY_LOG);

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    @Test
    void every_refusal_has_its_cause_and_the_client_where_it_is_known() {
        api.bare("GET", PATH + ID, "x-request-id: sec-1");
        api.requestAs("unknown", "GET", PATH + ID, "x-request-id: sec-2");
        api.requestAs("clinic-w", "GET", PATH + ID, "x-request-id: sec-3");
        api.requestAs("clinic-w", "GET", PATH + ID, "x-request-id: sec-4", "Prefer: wait=1");
        String foreign = "{\"owner\":\"clinic-b\",\"kind\":\"a\",\"links\":[{\"entity\":\"a\"}]}";
        RawHttp.Answer refused = api.sendAs(
                "producer",
                "POST",
                "/jobs",
                foreign.getBytes(StandardCharsets.UTF_8),
                "x-request-id: sec-5",
                "Content-Type: application/json");
        assertThat(refused.status()).isEqualTo(403);
        assertThat(line("sec-1")).contains("\"status\":401,\"reason\":\"missing-credentials\",\"count\":1}");
        assertThat(line("sec-2")).contains("\"status\":401,\"reason\":\"unknown-token\",\"count\":1}");
        assertThat(line("sec-3"))
                .startsWith("{\"time\":\"20")
                .contains("\"event\":\"refused\",\"address\":\"127.0.0.1\"")
                .contains("\"status\":403,\"reason\":\"missing-scope\",\"client\":\"clinic-w\",\"count\":1}");
        assertThat(log.lines()).as("the next is counted").noneMatch(line -> line.contains("sec-4"));
        assertThat(line("sec-5")).contains("\"status\":403,\"reason\":\"foreign-owner\",\"client\":\"producer\"");
        assertThat(log.lines()).noneMatch(line -> line.contains("unknown-key") || line.contains("clinic-w-key"));
    }

    @Test
    void behind_a_trusted_proxy_the_address_is_the_clients() {
        HttpSettings settings = HttpSettings.defaults()
                .listeningOn("127.0.0.1", 0)
                .withLimits(HttpLimits.defaults().withFailedLogins(1).trusting(List.of("127.0.0.1")));
        JobApi jobs = new JobApi(
                (owner, id) -> Optional.empty(),
                ApiFixture.changesOf((owner, id) -> Optional.empty()),
                ApiFixture::authenticate,
                settings);
        try (JobServer server = JobServer.start(settings, List.of(jobs), request -> {})) {
            for (int i = 1; i <= 2; i++) {
                String[] headers = {"x-request-id: proxied-" + i, "X-Forwarded-For: 10.9.9.9, 2001:db8::7"};
                RawHttp.send(server.port(), ApiFixture.message("GET", PATH + ID, "unknown", headers));
            }
        }
        assertThat(line("proxied-1")).contains("\"address\":\"2001:db8:0:0:0:0:0:7\"", "\"status\":401");
        assertThat(line("proxied-2")).contains("\"status\":429,\"reason\":\"unknown-token\"");
    }

    private String line(String requestId) {
        return log.lines().stream()
                .filter(line -> line.contains("\"request_id\":\"" + requestId + "\""))
                .findFirst()
                .orElse("");
    }
}
