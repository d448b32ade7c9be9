package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reporting many outcomes at once (contract section 2, {@code POST /jobs/outcomes}). */
class OutcomesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String JSON = "Content-Type: application/json";
    private static final String DONE = "\"done\":{\"links\":[{\"entity\":\"a\",\"href\":\"b\"}]}";
    private static final String FAILED = "\"failed\":{\"error\":\"no luck\",\"retry\":false}";

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer report(String body) {
        return api.sendAs("worker", "POST", "/jobs/outcomes", body.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private List<JsonNode> verdicts(String... entries) {
        RawHttp.Answer answer = report("[" + String.join(",", entries) + "]");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).contains("no-store");
        try {
            return StreamSupport.stream(
                            MAPPER.readTree(answer.text()).get("data").spliterator(), false)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Integer> codes(List<JsonNode> verdicts) {
        return verdicts.stream().map(verdict -> verdict.get("code").intValue()).toList();
    }

    private String claimed() {
        NewJob job = Jobs.newJob();
        Jobs.scheduledAndClaimed(api.store(), job);
        return job.id().toString();
    }

    private static String entry(String id, String outcome) {
        return "{\"id\":\"" + id + "\",\"token\":1," + outcome + "}";
    }

    @Test
    void each_report_has_its_verdict_in_the_same_order() {
        String done = claimed();
        String failed = claimed();
        String retried = claimed();
        List<JsonNode> verdicts =
                verdicts(entry(retried, FAILED.replace("false", "true")), entry(done, DONE), entry(failed, FAILED));
        assertThat(codes(verdicts)).containsExactly(200, 200, 200);
        assertThat(verdicts.get(0).at("/data/status").asText()).isEqualTo("PENDING");
        assertThat(verdicts.get(1))
                .hasToString("{\"code\":200,\"data\":{\"eta\":\"2022-10-24T12:35:46.956Z\",\"id\":\"" + done
                        + "\",\"doneAt\":\"2022-10-24T12:35:46.956Z\",\"links\":[{\"entity\":\"a\",\"href\":\"b\"}],"
                        + "\"status\":\"DONE\"}}");
        assertThat(verdicts.get(2).at("/data/links/0/error").asText()).isEqualTo("no luck");
    }

    @Test
    void nothing_to_report_is_fine() {
        assertThat(report("[]").text()).isEqualTo("{\"data\":[]}");
    }

    @Test
    void the_same_again_is_answered_the_same() {
        String body = "[" + entry(claimed(), DONE) + "," + entry(claimed(), FAILED) + "]";
        String first = report(body).text();
        assertThat(report(body).text()).isEqualTo(first);
        String id = claimed();
        assertThat(codes(verdicts(entry(id, DONE), entry(id, DONE), entry(id, FAILED))))
                .containsExactly(200, 200, 409);
    }

    @Test
    void a_bad_report_spoils_no_other() {
        String lost = claimed();
        List<JsonNode> verdicts = verdicts(
                entry(claimed(), DONE),
                entry(ApiFixture.MISSING_ID, DONE),
                entry(lost, DONE).replace("\"token\":1", "\"token\":7"),
                "{}",
                "null",
                "[[]]",
                entry(claimed(), DONE.replace("\"b\"", "\"javascript:x\"")),
                entry(claimed(), FAILED.replace("no luck", "\\u0000")),
                entry(claimed(), FAILED.replace("no luck", "\\ud800")),
                entry(claimed(), FAILED).replace("\"token\":1", "\"token\":1e999999999"),
                entry(claimed(), FAILED).replace("\"token\":1", "\"token\":" + "9".repeat(2_000)),
                entry(ApiFixture.BROKEN_ID, DONE),
                entry(claimed(), DONE.replace("{\"entity\"", "{\"entity\":\"a\",\"entity\"")),
                "[".repeat(40) + "]".repeat(40),
                "{\"%s\":1}".formatted("a".repeat(JsonBody.MAX_NAME + 1)),
                entry(claimed(), DONE));
        assertThat(codes(verdicts))
                .containsExactly(200, 404, 409, 422, 422, 422, 422, 422, 422, 422, 422, 500, 400, 400, 400, 200);
        assertThat(verdicts.get(12).at("/error/invalid/0/entry").asText()).isEqualTo("$[12]");
        assertThat(verdicts.get(1))
                .hasToString("{\"code\":404,\"error\":{\"type\":\"not_found\",\"message\":\"Task not found\"}}");
        assertThat(verdicts.get(2).at("/error/type").asText()).isEqualTo("request_conflict");
        assertThat(verdicts.get(2).at("/error/invalid/0/rules/0/rule").asText()).isEqualTo("lease_lost");
        assertThat(verdicts.get(2).at("/data/id").asText()).isEqualTo(lost);
        assertThat(verdicts.get(2).at("/data/status").asText()).isEqualTo("PENDING");
        assertThat(verdicts.get(7).at("/error/invalid/0/entry").asText()).isEqualTo("$[7].failed.error");
        assertThat(verdicts.get(9).at("/error/invalid/0/rules/0/rule").asText()).isEqualTo("range");
        assertThat(verdicts.get(10).at("/error/invalid/0/rules/0/rule").asText())
                .isEqualTo("length");
        assertThat(verdicts.get(11).toString()).contains("internal_error").doesNotContain(ApiFixture.SECRET_CAUSE);
    }

    @ParameterizedTest(name = "{0} -> {1} {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"token\":1,DONE | $[1].id | required",
                "\"id\":\"x\",\"token\":1,DONE | $[1].id | format",
                "\"id\":5,\"token\":1,DONE | $[1].id | type",
                "ID,DONE | $[1].token | required",
                "ID,\"token\":\"1\",DONE | $[1].token | type",
                "ID,\"token\":0,DONE | $[1].token | range",
                "ID,\"token\":null,DONE | $[1].token | type",
                "ID,\"token\":1 | $[1] | schema",
                "ID,\"token\":1,DONE,FAILED | $[1] | schema",
                "ID,\"token\":1,\"done\":null | $[1].done | type",
                "ID,\"token\":1,\"done\":true | $[1].done | type",
                "ID,\"token\":1,\"done\":{} | $[1].done.links | required",
                "ID,\"token\":1,\"failed\":{\"error\":\"x\"} | $[1].failed.retry | required",
                "ID,\"token\":1,\"failed\":{\"error\":\"\",\"retry\":true} | $[1].failed.error | length",
                "ID,\"token\":1,\"failed\":{\"error\":\"x\",\"retry\":true,\"a\":1} | $[1].failed | schema",
                "ID,\"token\":1,DONE,\"status\":\"DONE\" | $[1] | schema",
            })
    void what_breaks_a_rule_is_named_and_changes_nothing(String entry, String path, String rule) {
        String id = claimed();
        String body = "{"
                + entry.replace("ID", "\"id\":\"" + id + "\"")
                        .replace("\"DONE\"", "\"done\"")
                        .replace("DONE", DONE)
                        .replace("FAILED", FAILED)
                + "}";
        JsonNode verdict = verdicts("{}", body).get(1);
        assertThat(verdict.get("code").intValue()).as(verdict.toString()).isEqualTo(422);
        assertThat(verdict.at("/error/type").asText()).isEqualTo("validation_failed");
        assertThat(verdict.at("/error/invalid/0/entry").asText()).isEqualTo(path);
        assertThat(verdict.at("/error/invalid/0/rules/0/rule").asText()).isEqualTo(rule);
        assertThat(api.store().list(JobFilter.ANY).jobs())
                .allSatisfy(job -> assertThat(job.snapshot().job().status()).isEqualTo(JobStatus.PENDING));
    }

    @Test
    void a_small_body_makes_no_large_answer() {
        JsonNode verdict = verdicts("{\"done\":{\"links\":[" + "{},".repeat(1_000) + "{}]}}")
                .get(0);
        assertThat(verdict.at("/error/invalid")).hasSize(OutcomeRoutes.MAX_INVALID);
        JsonNode unreadable =
                verdicts("[" + "\"\\u0000\",".repeat(1_000) + "1]").get(0);
        assertThat(unreadable.at("/error/invalid")).hasSize(OutcomeRoutes.MAX_INVALID);
    }

    @Test
    void once_the_store_is_out_of_reach_no_further_report_is_tried() {
        String before = claimed();
        String after = claimed();
        List<JsonNode> verdicts = verdicts(
                entry(before, DONE),
                entry(ApiFixture.UNREACHABLE_ID, DONE),
                entry(after, DONE),
                "{}",
                entry(ApiFixture.UNREACHABLE_ID, DONE),
                entry(after, FAILED));
        assertThat(codes(verdicts)).containsExactly(200, 503, 503, 422, 503, 503);
        assertThat(api.calls()).isEqualTo(2);
        assertThat(verdicts.get(2))
                .hasToString("{\"code\":503,\"error\":{\"type\":\"service_unavailable\","
                        + "\"message\":\"Service is unavailable, try again later\"}}");
        assertThat(codes(verdicts(entry(after, DONE)))).containsExactly(200);
    }

    @Test
    void there_are_200_reports_at_most() {
        HttpSettings roomy = HttpSettings.defaults().withMaxBody(1 << 20);
        try (ApiFixture large = new ApiFixture(roomy)) {
            String entry = entry(ApiFixture.MISSING_ID, DONE);
            byte[] most = Collections.nCopies(200, entry).toString().getBytes(StandardCharsets.UTF_8);
            byte[] more = Collections.nCopies(201, entry).toString().getBytes(StandardCharsets.UTF_8);
            assertThat(large.sendAs("worker", "POST", "/jobs/outcomes", most, JSON)
                            .text()
                            .split("\"code\":404"))
                    .hasSize(201);
            RawHttp.Answer answer = large.sendAs("worker", "POST", "/jobs/outcomes", more, JSON);
            assertThat(answer.status()).isEqualTo(422);
            assertThat(answer.text())
                    .contains("\"entry\":\"$\",\"rules\":[{\"rule\":\"length\"", "\"params\":[\"200\"]");
            assertThat(large.calls()).isEqualTo(200);
        }
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | 400",
                "[ | 400",
                "[{} | 400",
                "[] [] | 400",
                "[],[] | 400",
                "[{}]x | 400",
                "{\"id\":1,\"id\":2} | 400",
                "[NaN] | 400",
                "[1,] | 400",
                "{} | 422",
                "{\"a\":\"\\u0000\"} | 422",
                "\"\\u0000\" | 422",
                "null | 422",
                "1 | 422",
                "\"x\" | 422",
            })
    void other_bodies_are_refused_as_a_whole(String body, int status) {
        assertThat(report(body).status()).isEqualTo(status);
    }

    @Test
    void the_door_is_kept() {
        byte[] body = "[]".getBytes(StandardCharsets.UTF_8);
        assertThat(api.sendAs("producer", "POST", "/jobs/outcomes", body, JSON).status())
                .isEqualTo(403);
        assertThat(api.sendAs("worker", "POST", "/jobs/outcomes", body).status())
                .isEqualTo(415);
        RawHttp.Answer put = api.sendAs("worker", "PUT", "/jobs/outcomes", body, JSON);
        assertThat(put.status()).isEqualTo(405);
        assertThat(put.header("Allow")).contains("POST");
        assertThat(api.requestAs("worker", "DELETE", "/jobs/outcomes").status()).isEqualTo(405);
    }
}
