package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.PostgresServer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics of the built server. */
class MetricsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String LEASED = "{\"kind\":\"mail.send\",\"links\":[{\"entity\":\"shop/mail\"}],"
            + "\"lease\":{\"worker\":\"w\",\"for\":\"PT10M\"}}";
    private static final String JOB = "{\"kind\":\"mail.send\",\"links\":[{\"entity\":\"shop/mail\"}]}";
    private static final String DONE = "{\"token\":1,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/17\"}]}";
    private static final String CLAIM = "{\"kinds\":[\"mail.send\"],\"max\":1,\"lease\":\"PT1M\",\"worker\":\"w\"}";

    @Test
    void every_metric_that_rules_alerts_and_dashboard_name_is_scraped(@TempDir Path folder) {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of())) {
            String job = id(server.post("/jobs", LEASED));
            assertThat(server.post("/jobs/" + job + "/done", DONE).statusCode()).isEqualTo(200);
            id(server.post("/jobs", JOB));
            assertThat(server.post("/jobs/claims", CLAIM).body()).contains("\"attempt\":1");

            String scrape = Eventually.answer(
                    PATIENCE,
                    server::metrics,
                    text -> text.contains("asyncjob_store_up 1.0")
                            && !text.contains("asyncjob_housekeeping_last_success_timestamp_seconds NaN"));

            Set<String> scraped = MonitoringFiles.scraped(scrape);
            for (String file : MonitoringFiles.names()) {
                assertThat(scraped).as(file).containsAll(MonitoringFiles.metricsIn(MonitoringFiles.text(file)));
            }
            Set<String> described = MonitoringFiles.metricsIn(
                    MarkdownFile.named("docs/operating.md").text());
            described.remove("asyncjob_secrets_expiring"); // a sandbox has no file of clients
            assertThat(described).allMatch(name -> scraped.contains(name) || scraped.contains(name + "_bucket"));
            assertThat(scraped.stream().filter(name -> name.startsWith("asyncjob_")))
                    .allMatch(name -> described.contains(name.replaceAll("_(bucket|count|sum|max)$", "")));
            assertThat(scrape)
                    .contains(
                            "asyncjob_jobs_accepted_total{kind=\"mail.send\"} 2.0",
                            "asyncjob_jobs_ended_total{kind=\"mail.send\",outcome=\"done\"} 1.0",
                            "asyncjob_attempts_total{kind=\"mail.send\",result=\"done\"} 1.0",
                            "asyncjob_queue_wait_seconds_count{kind=\"mail.send\"} 2",
                            "asyncjob_run_seconds_count{kind=\"mail.send\"} 1",
                            "asyncjob_leases_lost_total{kind=\"mail.send\"} 0.0",
                            "asyncjob_workers{kind=\"mail.send\"} 1.0",
                            "asyncjob_kind_paused{kind=\"mail.send\"} 0.0",
                            "asyncjob_eta_kept_ratio{kind=\"mail.send\"} ",
                            "asyncjob_remembered_answers_total ",
                            "asyncjob_waiting_readers 0.0",
                            "asyncjob_event_streams 0.0",
                            "hikaricp_connections_max{pool=\"asyncjob\"}");
        }
    }

    @Test
    void metrics_are_open_metrics_for_a_client_that_prefers_them(@TempDir Path folder) {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of())) {
            HttpResponse<String> answer = ServerProcess.send(HttpRequest.newBuilder(
                            URI.create(server.managementUrl() + "/metrics"))
                    .header("Accept", "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5,*/*;q=0.1"));
            assertThat(answer.headers().firstValue("content-type"))
                    .contains("application/openmetrics-text; version=1.0.0; charset=utf-8");
            assertThat(answer.body()).endsWith("# EOF\n");
        }
    }

    @Test
    @Tag("soak")
    void a_node_that_starts_sees_the_jobs_of_all_nodes_and_that_the_database_is_gone(@TempDir Path folder)
            throws Exception {
        try (PostgresServer postgres = PostgresServer.start()) {
            Map<String, String> environment = Map.of("ASYNCJOB_DB_URL", postgres.newDatabase());
            try (ServerProcess one = ServerProcess.start(folder, "sandbox", environment)) {
                id(one.post("/jobs", JOB));
                id(one.post("/jobs", JOB));
                id(one.post("/jobs", LEASED));
                try (ServerProcess other = ServerProcess.start(folder, "sandbox", environment)) {
                    String scrape = Eventually.answer(
                            PATIENCE, other::metrics, text -> text.contains("state=\"waiting\"} 2.0"));
                    assertThat(scrape)
                            .contains(
                                    "asyncjob_jobs{kind=\"mail.send\",state=\"running\"} 1.0",
                                    "asyncjob_jobs{kind=\"mail.send\",state=\"scheduled\"} 0.0",
                                    "asyncjob_workers{kind=\"mail.send\"} 0.0",
                                    "asyncjob_jobs_accepted_total{kind=\"mail.send\"} 0.0");
                    postgres.stop();
                    Eventually.answer(
                            PATIENCE,
                            other::metrics,
                            text -> text.contains("asyncjob_store_up 0.0")
                                    && text.contains("asyncjob_jobs{kind=\"mail.send\",state=\"waiting\"} NaN"));
                }
            }
        }
    }

    private static String id(HttpResponse<String> accepted) {
        Matcher id = Pattern.compile("\"id\":\"([0-9a-f-]{36})\"").matcher(accepted.body());
        assertThat(id.find()).as(accepted.body()).isTrue();
        return id.group(1);
    }
}
