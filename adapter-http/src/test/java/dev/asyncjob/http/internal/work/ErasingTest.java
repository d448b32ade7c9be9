package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.RecordedLog;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forgetting all jobs of an owner (contract section 2, {@code DELETE /jobs}). */
class ErasingTest {
    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer erase(String query, String... headers) {
        return api.requestAs("operator", "DELETE", "/jobs" + query, headers);
    }

    private NewJob scheduled(String owner) {
        NewJob job = NewJob.of(Jobs.newId(), new Owner(owner), Jobs.KIND, Jobs.LINKS);
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        return job;
    }

    private void ended(String owner, int count) {
        for (int i = 0; i < count; i++) {
            api.store().cancel(null, scheduled(owner).id());
        }
    }

    private int countOf(String owner) {
        return api.store()
                .list(JobFilter.ANY.withOwner(new Owner(owner)))
                .jobs()
                .size();
    }

    @Test
    void all_ended_jobs_of_an_owner_are_forgotten_and_counted() {
        ended("producer", 1_001); // more than two batches
        ended("producer-b", 1);

        RawHttp.Answer answer = erase("?owner=producer");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"data\":{\"forgotten\":1001}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(countOf("producer")).isZero();
        assertThat(countOf("producer-b")).isEqualTo(1);
        assertThat(erase("?owner=producer").text()).isEqualTo("{\"data\":{\"forgotten\":0}}");
        assertThat(erase("?owner=nobody").text()).isEqualTo("{\"data\":{\"forgotten\":0}}");
    }

    @Test
    void while_jobs_of_the_owner_are_pending_nothing_is_forgotten_and_they_are_counted() {
        ended("producer", 3);
        Jobs.claimed(api.store(), scheduled("producer").id());
        scheduled("producer");

        RawHttp.Answer answer = erase("?owner=producer");

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.text())
                .contains("\"type\":\"request_conflict\"")
                .contains("{\"entry_type\":\"query_parameter\",\"entry\":\"owner\",\"rules\":[{\"rule\":\"pending\"")
                .contains("\"params\":[\"2\"]");
        assertThat(countOf("producer")).isEqualTo(5);
    }

    @Test
    void the_security_log_says_who_erased_what() {
        List<String> lines;
        try (RecordedLog log = new RecordedLog(Authenticator.SECURITY_LOG)) {
            ended("to-erase", 2);
            erase("?owner=to-erase", "x-request-id: erasure-1");
            scheduled("to-erase");
            erase("?owner=to-erase", "x-request-id: erasure-2");
            lines = log.lines();
        }
        assertThat(lines.stream().filter(line -> line.contains("erasure-")))
                .hasSize(4)
                .allSatisfy(line -> assertThat(line).startsWith("{\"time\":\"20"))
                .satisfiesOnlyOnce(line -> assertThat(line)
                        .contains("\"event\":\"erasing\"")
                        .endsWith("\"request_id\":\"erasure-1\",\"client\":\"operator\",\"owner\":\"to-erase\"}"))
                .satisfiesOnlyOnce(line -> assertThat(line)
                        .contains("\"event\":\"erased\"")
                        .endsWith("\"request_id\":\"erasure-1\",\"client\":\"operator\",\"owner\":\"to-erase\","
                                + "\"forgotten\":2,\"pending\":0}"))
                .anySatisfy(line -> assertThat(line).endsWith("\"forgotten\":0,\"pending\":1}"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "'', 422, required",
        "?owner=, 422, length",
        "?owner, 422, length",
        "?owner=a%20b, 422, format",
        "?owner=%D0%BA, 422, format",
        "?owner=a&owner=a, 400, single",
        "?owner=a&status=DONE, 400, schema",
        "?Owner=a, 400, schema",
    })
    void a_bad_query_is_refused_and_named(String query, int status, String rule) {
        ended("a", 1);
        RawHttp.Answer answer = erase(query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.text()).contains("\"entry_type\":\"query_parameter\"", "\"rule\":\"" + rule + "\"");
        assertThat(countOf("a")).isEqualTo(1);
    }

    @Test
    void it_needs_its_scope_for_ones_own_jobs_too() {
        ended("producer", 1);
        for (String client : new String[] {"producer", "lister", "worker", "scheduler"}) {
            RawHttp.Answer answer = api.requestAs(client, "DELETE", "/jobs?owner=" + client);
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).contains("Missing allowances: job:admin\"");
        }
        assertThat(api.bare("DELETE", "/jobs?owner=producer").status()).isEqualTo(401);
        assertThat(countOf("producer")).isEqualTo(1);
    }
}
