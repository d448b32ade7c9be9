package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobResult;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The result of a job that is done, and the code of a failure (contract section 2). */
class ResultTest {
    private static final String JSON = "Content-Type: application/json";
    private static final String LINKS = "\"links\":[{\"entity\":\"shop/invoice\"}]";
    private static final JobId ID = JobId.parse(ApiFixture.ID);

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    @BeforeEach
    void start() {
        Jobs.scheduledAndClaimed(api.store(), NewJob.of(ID, Jobs.OWNER, Jobs.KIND, Jobs.LINKS));
    }

    private RawHttp.Answer post(String path, String body) {
        return api.sendAs("worker", "POST", path, body.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private RawHttp.Answer done(String result) {
        return post("/jobs/" + ID + "/done", "{\"token\":1," + LINKS + ",\"result\":" + result + "}");
    }

    private RawHttp.Answer failed(String error, String code) {
        return post(
                "/jobs/" + ID + "/failed",
                "{\"token\":1,\"error\":\"" + error + "\",\"retry\":false,\"code\":" + code + "}");
    }

    private JobSnapshot stored() {
        return api.store().find(Jobs.OWNER, ID).orElseThrow();
    }

    private Failure failure() {
        return ((AsyncJob.Failed) stored().job()).failure();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":[1.50,null],\"b\":{}}", "[]", "\"ї\"", "0", "-1e3", "true", "\"\""})
    void a_result_is_any_json_value_and_is_in_no_answer_to_the_worker(String result) {
        RawHttp.Answer answer = done(result);

        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).endsWith("\"status\":\"DONE\"}}");
        assertThat(stored().details().result()).isEqualTo(new JobResult(result.replace("-1e3", "-1E+3")));
        assertThat(done(result).text()).isEqualTo(answer.text());
        assertThat(done("\"another\"").status()).isEqualTo(409);
    }

    @Test
    void a_result_has_at_most_so_many_bytes() {
        String most = '"' + "x".repeat((16 << 10) - 4) + "ї\"";
        String tooMuch = '"' + "x".repeat((16 << 10) - 3) + "ї\"";

        RawHttp.Answer answer = done(tooMuch);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
                .contains("\"entry\":\"$.result\",\"rules\":[{\"rule\":\"length\","
                        + "\"description\":\"result must have at most 16384 bytes\",\"params\":[\"1\",\"16384\"]");
        assertThat(done(most).status()).isEqualTo(200);
        assertThat(stored().details().result()).isEqualTo(new JobResult(most));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"null | type", "\"a\\u0000b\" | format", "\"\\ud83c\" | format"})
    void what_is_no_result_is_422_and_changes_nothing(String result, String rule) {
        RawHttp.Answer answer = done(result);

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.result\",\"rules\":[{\"rule\":\"" + rule + "\"");
        assertThat(stored().job()).isInstanceOf(AsyncJob.Pending.class);
    }

    @Test
    void a_code_is_kept_beside_the_error_or_in_front_of_it() {
        RawHttp.Answer answer = failed("too old", "\"E-12\"");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.text()).contains("\"error\":\"too old\"").doesNotContain("E-12");
        assertThat(failure()).isEqualTo(new Failure("too old", "E-12"));
        assertThat(failed("too old", "\"E-13\"").status()).isEqualTo(409);
        assertThat(failed("too old", "\"E-12\"").text()).isEqualTo(answer.text());
    }

    @Test
    void a_code_of_four_digits_is_shown_as_ever() {
        RawHttp.Answer answer = failed("too old", "\"1005\"");
        assertThat(answer.text()).contains("\"error\":\"1005: too old\"");
        assertThat(failed("1005: too old", "\"1005\"").text()).isEqualTo(answer.text());
        assertThat(post("/jobs/" + ID + "/failed", "{\"token\":1,\"error\":\"1005: too old\",\"retry\":false}")
                        .text())
                .isEqualTo(answer.text());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"\" | length",
                "\"a b\" | format",
                "\"a/b\" | format",
                "\"é\" | format",
                "12 | type",
                "null | type"
            })
    void what_is_no_code_is_422(String code, String rule) {
        RawHttp.Answer answer = failed("no", code);

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.code\",\"rules\":[{\"rule\":\"" + rule + "\"");
        assertThat(failed("no", '"' + "x".repeat(65) + '"').text()).contains("\"rule\":\"length\"");
        assertThat(stored().job()).isInstanceOf(AsyncJob.Pending.class);
    }

    @Test
    void an_error_is_too_long_with_its_code_in_front() {
        RawHttp.Answer answer = failed("x".repeat(1_020), "\"1005\"");

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.error\",\"rules\":[{\"rule\":\"length\"");
        assertThat(failed("x".repeat(1_020), "\"E-12\"").status()).isEqualTo(200);
    }

    @Test
    void many_outcomes_have_results_and_codes_too() {
        JobId other = Jobs.newId();
        JobId third = Jobs.newId();
        for (JobId id : new JobId[] {other, third}) {
            Jobs.scheduledAndClaimed(api.store(), NewJob.of(id, Jobs.OWNER, Jobs.KIND, Jobs.LINKS));
        }
        RawHttp.Answer answer = post(
                "/jobs/outcomes",
                "[{\"id\":\"" + ID + "\",\"token\":1,\"done\":{" + LINKS + ",\"result\":{\"sum\":7}}},{\"id\":\""
                        + other
                        + "\",\"token\":1,\"failed\":{\"error\":\"no\",\"retry\":false,\"code\":\"E-7\"}},{\"id\":\""
                        + third + "\",\"token\":1,\"done\":{" + LINKS + ",\"result\":\"" + "x".repeat(16 << 10)
                        + "\"}}]");

        assertThat(answer.text()).contains("\"entry\":\"$[2].done.result\"").doesNotContain("\"sum\"", "E-7");
        assertThat(stored().details().result()).isEqualTo(new JobResult("{\"sum\":7}"));
        AsyncJob failed = api.store().find(Jobs.OWNER, other).orElseThrow().job();
        assertThat(((AsyncJob.Failed) failed).failure().code()).isEqualTo("E-7");
    }
}
