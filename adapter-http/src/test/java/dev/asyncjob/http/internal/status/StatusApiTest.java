package dev.asyncjob.http.internal.status;

import static dev.asyncjob.http.ApiFixture.DONE_ID;
import static dev.asyncjob.http.ApiFixture.FAILED_ID;
import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract section 1, over a real socket. */
class StatusApiTest {
    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    @Test
    void a_pending_job_answers_the_contracts_bytes() {
        RawHttp.Answer answer = api.get(PATH + ID);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
                .isEqualTo(
                        "{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}");
    }

    @Test
    void a_done_job_answers_the_contracts_bytes() {
        assertThat(api.get(PATH + DONE_ID).text())
                .isEqualTo(
                        "{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c5a\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/0daaad78-6cfb-11ea-9cd6-afab698838bc\"}],\"status\":\"DONE\"}}");
    }

    @Test
    void a_failed_job_answers_the_contracts_bytes() {
        assertThat(api.get(PATH + FAILED_ID).text())
                .isEqualTo(
                        "{\"data\":{\"eta\":\"2022-10-24T12:35:51.201Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c5b\",\"doneAt\":\"2022-10-24T12:35:51.201Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"error\":\"1002: Composition for a given subject already exists\"}],\"status\":\"FAILED\"}}");
    }

    @Test
    void a_pending_answer_says_when_to_ask_again_and_is_not_kept() {
        RawHttp.Answer answer = api.get(PATH + ID);
        assertThat(answer.header("Cache-Control")).contains("private, no-cache");
        assertThat(answer.header("Retry-After")).contains("3");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(answer.header("X-Content-Type-Options")).contains("nosniff");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("ETag"))
                .hasValueSatisfying(tag -> assertThat(tag).matches("\"[A-Za-z0-9_-]{20}\""));
        assertThat(answer.header("Server")).isEmpty();
        assertThat(answer.header("Set-Cookie")).isEmpty();
    }

    @Test
    void an_ended_answer_is_kept_as_long_as_the_job_is() {
        assertThat(maxAge(DONE_ID)).isBetween(2_591_900L, 2_592_000L); // less by as long as the answer is remembered
        assertThat(maxAge(FAILED_ID)).isBetween(2_591_840L, 2_591_940L);
        assertThat(api.get(PATH + DONE_ID).header("Retry-After")).isEmpty();
    }

    private static long maxAge(String id) {
        String cacheControl = api.get(PATH + id).header("Cache-Control").orElseThrow();
        assertThat(cacheControl).matches("private, max-age=[0-9]+, immutable");
        return Long.parseLong(cacheControl.replaceAll("[^0-9]", ""));
    }

    @Test
    void a_well_formed_request_id_comes_back_and_any_other_is_replaced() {
        assertThat(api.get(PATH + ID, "x-request-id: req-1.2_3#4:5").header("x-request-id"))
                .contains("req-1.2_3#4:5");
        for (String bad : List.of("a b", "<script>", "x".repeat(129), "")) {
            assertThat(api.get(PATH + ID, "x-request-id: " + bad).header("x-request-id"))
                    .hasValueSatisfying(id -> assertThat(id).matches("[0-9a-f-]{36}"));
        }
    }

    @Test
    void the_current_tag_is_answered_304_without_a_body() {
        String tag = api.get(PATH + ID).header("ETag").orElseThrow();
        RawHttp.Answer full = api.get(PATH + ID);
        RawHttp.Answer answer = api.get(PATH + ID, "If-None-Match: " + tag);
        assertThat(answer.status()).isEqualTo(304);
        assertThat(answer.header("ETag")).contains(tag);
        assertThat(answer.header("Cache-Control")).contains("private, no-cache");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(answer.header("Content-Length")).isEqualTo(full.header("Content-Length"));
        assertThat(answer.header("Content-Type")).isEmpty();
        String two = ApiFixture.message("GET", PATH + ID, "clinic-a", "If-None-Match: *");
        assertThat(RawHttp.sendAll(api.port(), two + two.replace("Host:", "Connection: close\r\nHost:")))
                .containsPattern("(?s)^HTTP/1.1 304 .*HTTP/1.1 304 ")
                .doesNotContain("{");
    }

    @Test
    void lists_stars_and_weak_tags_name_the_current_answer_too() {
        String tag = api.get(PATH + ID).header("ETag").orElseThrow();
        for (String value : List.of("*", "\"a\", " + tag, "W/" + tag, "\"a,b\"," + tag + ",\"c\"")) {
            assertThat(api.get(PATH + ID, "If-None-Match: " + value).status())
                    .as(value)
                    .isEqualTo(304);
        }
        assertThat(api.get(PATH + ID, "If-None-Match: \"x\"", "If-None-Match: " + tag)
                        .status())
                .isEqualTo(304);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"stale\"", "garbage", "", ",,,", "\"", "W/", "\"unclosed"})
    void stale_tags_and_garbage_are_answered_in_full(String value) {
        assertThat(api.get(PATH + ID, "If-None-Match: " + value).status()).isEqualTo(200);
    }

    @Test
    void head_answers_as_get_does_without_the_body() {
        for (String path : List.of(PATH + ID, PATH + DONE_ID, PATH + ApiFixture.MISSING_ID)) {
            RawHttp.Answer get = api.get(path, "x-request-id: same");
            RawHttp.Answer head = api.request("HEAD", path, "x-request-id: same");
            assertThat(head.status()).isEqualTo(get.status());
            assertThat(withoutTime(head)).containsExactlyInAnyOrderElementsOf(withoutTime(get));
        }
    }

    private static List<String> withoutTime(RawHttp.Answer answer) {
        return answer.headerLines().stream()
                .filter(line -> !line.startsWith("Date:"))
                .map(line -> line.replaceAll("max-age=[0-9]+", "max-age"))
                .toList();
    }

    @Test
    void an_id_in_upper_case_is_the_same_job() {
        assertThat(api.get(PATH + ID.toUpperCase(java.util.Locale.ROOT)).text())
                .isEqualTo(api.get(PATH + ID).text());
    }

    @Test
    void a_missing_job_is_404_in_the_contracts_envelope() {
        RawHttp.Answer answer = api.get(PATH + ApiFixture.MISSING_ID, "x-request-id: r1");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text())
                .isEqualTo(
                        "{\"meta\":{\"code\":404,\"url\":\"http://localhost:8080" + PATH + ApiFixture.MISSING_ID
                                + "\",\"type\":\"object\",\"request_id\":\"r1\"},\"error\":{\"type\":\"not_found\",\"message\":\"Task not found\"}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("ETag")).isEmpty();
    }

    @Test
    void a_foreign_job_cannot_be_told_from_a_missing_one() {
        RawHttp.Answer foreign = api.get(PATH + ApiFixture.FOREIGN_ID, "x-request-id: r1");
        RawHttp.Answer missing = api.get(PATH + ApiFixture.MISSING_ID, "x-request-id: r1");
        assertThat(foreign.text().replace(ApiFixture.FOREIGN_ID, ApiFixture.MISSING_ID))
                .isEqualTo(missing.text());
        assertThat(withoutTime(foreign)).isEqualTo(withoutTime(missing));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"not-a-uuid", "1-1-1-1-1", "89678f604cdc4fe3ae83e8b3ebd35c59", "'%20OR%201=1--", "%F0%9F%98%80"})
    void an_id_that_is_no_uuid_is_404_and_says_so(String id) {
        RawHttp.Answer answer = api.get(PATH + id);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text())
                .contains("\"message\":\"Task not found\",\"invalid\":[{\"entry_type\":\"path_parameter\"");
    }

    @Test
    void problem_details_are_spoken_to_those_who_ask_for_them() {
        RawHttp.Answer answer =
                api.get(PATH + ApiFixture.MISSING_ID, "Accept: application/problem+json", "x-request-id: r1");
        assertThat(answer.header("Content-Type")).contains("application/problem+json; charset=utf-8");
        assertThat(answer.text())
                .isEqualTo(
                        "{\"type\":\"urn:asyncjob:error:not_found\",\"title\":\"not found\",\"status\":404,\"detail\":\"Task not found\",\"instance\":\""
                                + PATH + ApiFixture.MISSING_ID + "\",\"request_id\":\"r1\"}");
        assertThat(api.get(PATH + ID, "Accept: application/problem+json").status())
                .isEqualTo(200);
    }

    @Test
    void an_unreachable_store_is_503_and_says_when_to_come_back() {
        RawHttp.Answer answer = api.get(PATH + ApiFixture.UNREACHABLE_ID);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).contains("2");
        assertThat(answer.text()).contains("\"type\":\"service_unavailable\"").doesNotContain(ApiFixture.SECRET_CAUSE);
    }

    @Test
    void an_unexpected_failure_is_500_and_tells_nothing() {
        RawHttp.Answer answer = api.get(PATH + ApiFixture.BROKEN_ID);
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text())
                .contains("\"type\":\"internal_error\",\"message\":\"Internal server error\"")
                .doesNotContain(ApiFixture.SECRET_CAUSE, "Exception", "dev.asyncjob");
    }

    @Test
    void unknown_query_parameters_are_ignored() {
        assertThat(api.get(PATH + ID + "?a=1&a=2&access_token=x").status()).isEqualTo(200);
        assertThat(api.get(PATH + ID + "?a=%20&b").status()).isEqualTo(200);
    }

    @Test
    void paths_are_configuration() {
        HttpSettings settings = HttpSettings.defaults().withPaths("/api", "/tasks/{asyncJobId}/status");
        try (ApiFixture elsewhere = new ApiFixture(settings)) {
            assertThat(elsewhere.get("/api/tasks/" + ID + "/status").status()).isEqualTo(200);
            assertThat(elsewhere.get(PATH + ID).status()).isEqualTo(404);
            assertThat(elsewhere.get("/api/health/live").status()).isEqualTo(200);
            assertThat(elsewhere.get("/health/live").status()).isEqualTo(200);
            assertThat(elsewhere.get("/api/openapi.yaml").text())
                    .contains(
                            "\n  /tasks/{asyncJobId}/status:\n",
                            "\n  /tasks/status:\n",
                            "\n  /tasks/status/statuses:\n");
            byte[] ids = ("{\"ids\":[\"" + ID + "\"]}").getBytes(StandardCharsets.UTF_8);
            String json = "Content-Type: application/json";
            assertThat(elsewhere.send("QUERY", "/api/tasks/status", ids, json).text())
                    .contains(ID, "PENDING");
            assertThat(elsewhere
                            .send("POST", "/api/tasks/status/statuses", ids, json)
                            .text())
                    .contains(ID, "PENDING");
            assertThat(elsewhere
                            .send("QUERY", "/patients/composition/job", ids, json)
                            .status())
                    .isEqualTo(404);
        }
    }
}
