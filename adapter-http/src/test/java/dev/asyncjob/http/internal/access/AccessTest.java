package dev.asyncjob.http.internal.access;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Authentication and authorization (contract section 1, the 401 and 403 rows; RFC 6750). */
class AccessTest {
    private static final String KEY = "api-key: clinic-a-key";
    private static final String TOKEN = "Authorization: Bearer clinic-a";

    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    private static void assertRefused(RawHttp.Answer answer, int status, String message, String challenge) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.text()).contains("\"message\":\"" + message + "\"");
        assertThat(answer.header("WWW-Authenticate")).contains(challenge);
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    private static RawHttp.Answer ask(String... headers) {
        return api.bare("GET", PATH + ID, headers);
    }

    @Test
    void a_request_without_a_bearer_token_is_401() {
        String message = "Authorization header is not set or doesn't contain Bearer token";
        String challenge = "Bearer realm=\"asyncjob\"";
        assertRefused(ask(), 401, message, challenge);
        assertRefused(ask(KEY), 401, message, challenge);
        assertRefused(ask(KEY, "Authorization: Basic Y2xpbmljLWE6eA=="), 401, message, challenge);
        assertRefused(ask(KEY, "Authorization: Token clinic-a"), 401, message, challenge);
        assertRefused(ask(KEY, "Authorization: Bearerclinic-a"), 401, message, challenge);
        assertRefused(ask(KEY, "Authorization:"), 401, message, challenge);
        assertRefused(ask(KEY, "Cookie: access_token=clinic-a"), 401, message, challenge);
        assertRefused(api.bare("GET", PATH + ID + "?access_token=clinic-a", KEY), 401, message, challenge);
    }

    @Test
    void a_request_without_an_api_key_is_401() {
        assertRefused(ask(TOKEN), 401, "Api key is not set", "Bearer realm=\"asyncjob\"");
    }

    @Test
    void an_unknown_token_is_told_so() {
        assertRefused(
                ask(KEY, "Authorization: Bearer other"),
                401,
                "Invalid access token",
                "Bearer realm=\"asyncjob\", error=\"invalid_token\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "clinic-a-kez", "clinic-w-key", "x"})
    void every_bad_api_key_gets_the_same_answer(String key) {
        RawHttp.Answer answer = ask(TOKEN, "api-key: " + key, "x-request-id: same");
        assertRefused(answer, 401, "Invalid api key", "Bearer realm=\"asyncjob\"");
        assertThat(answer.text())
                .isEqualTo(ask(TOKEN, "api-key: other", "x-request-id: same").text());
    }

    @ParameterizedTest(name = "[{0}]")
    @ValueSource(
            strings = {
                "Bearer",
                "Bearer ",
                "Bearer  clinic-a",
                "Bearer clinic-a x",
                "Bearer clinic-a,",
                "Bearer \"a\"",
                "Bearer a=b",
                "Bearer\tclinic-a"
            })
    void a_malformed_bearer_header_is_400(String authorization) {
        RawHttp.Answer answer = ask(KEY, "Authorization: " + authorization);
        assertRefused(answer, 400, "Invalid request format", "Bearer realm=\"asyncjob\", error=\"invalid_request\"");
        assertThat(answer.text()).contains("\"type\":\"request_malformed\"").doesNotContain("clinic-a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bearer", "BEARER", "bEaReR"})
    void the_schemes_case_does_not_matter(String scheme) {
        assertThat(ask(KEY, "Authorization: " + scheme + " clinic-a").status()).isEqualTo(200);
    }

    @Test
    void a_credential_sent_twice_is_400() {
        assertThat(ask(KEY, TOKEN, TOKEN).status()).isEqualTo(400);
        assertThat(ask(KEY, TOKEN, "Authorization: Basic x").status()).isEqualTo(400);
        RawHttp.Answer answer = ask(KEY, "API-Key: clinic-a-key", TOKEN);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("\"entry\":\"api-key\"").doesNotContain("clinic-a");
    }

    @Test
    void a_missing_scope_is_403_and_named() {
        RawHttp.Answer answer = RawHttp.send(api.port(), ApiFixture.message("GET", PATH + ID, "clinic-w"));
        assertRefused(
                answer,
                403,
                "Your scope does not allow to access this resource. Missing allowances: composition:read",
                "Bearer realm=\"asyncjob\", error=\"insufficient_scope\", scope=\"composition:read\"");
        assertThat(answer.text()).contains("\"type\":\"forbidden\"");
    }

    @Test
    void an_undecided_authenticator_is_503_never_401() {
        RawHttp.Answer answer = ask(KEY, "Authorization: Bearer busy");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).contains("7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "error-of-provider"})
    void an_authenticator_that_ends_with_an_error_leaves_no_request_open(String token) {
        assertThat(RawHttp.send(api.port(), ApiFixture.message("GET", PATH + ID, token))
                        .status())
                .isEqualTo(500);
        String head = ApiFixture.message(
                "POST", "/jobs", token, "Content-Type: application/json", "Content-Length: 2", "Connection: close");
        assertThat(RawHttp.sendAll(api.port(), head, "{}")).startsWith("HTTP/1.1 500 ");
        assertThat(RawHttp.sendAll(api.port(), head))
                .as("the body does not come")
                .startsWith("HTTP/1.1 500 ");
    }

    @Test
    void health_and_documents_need_no_credentials() {
        for (String path : new String[] {
            "/health/live",
            "/health/ready",
            "/openapi.yaml",
            "/docs",
            "/docs/init.js",
            "/docs/swagger-ui.css",
            "/docs/swagger-ui-bundle.js"
        }) {
            assertThat(api.bare("GET", path).status()).as(path).isEqualTo(200);
        }
    }
}
