package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.ID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.internal.body.JsonBody;
import dev.asyncjob.http.settings.HttpSettings;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Slow requests of an application, and the strict reading of their bodies. */
class SlowRequestApiTest {
    private static final String CREATE = "/patients/composition";
    private static final String SIGN = CREATE + "/" + ID + "/sign";
    private static final String JSON = "Content-Type: application/json";

    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    private static RawHttp.Answer post(String body, String... headers) {
        return api.send("POST", CREATE, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    @Test
    void a_planned_job_is_shown_as_the_status_method_shows_it() {
        RawHttp.Answer answer = post("{\"a\":{\"b\":[1,2.5,true,null,\"\u0456\"]}}", JSON);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(api.get(ApiFixture.PATH + ID).text());
        assertThat(answer.header("Retry-After")).contains("3");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void all_four_methods_plan() {
        byte[] signed = "{\"data\":\"c2lnbmVk\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(api.send("PATCH", SIGN, signed, JSON).status()).isEqualTo(200);
        assertThat(api.request("PATCH", CREATE + "/" + ID + "/cancel").status()).isEqualTo(200);
        assertThat(api.request("PATCH", CREATE + "/" + ID + "/erln").status()).isEqualTo(200);
        assertThat(api.send("PATCH", CREATE + "/" + ID + "/cancel", signed, JSON)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"id\": | 400",
                "{} {} | 400",
                "{}x | 400",
                "{\"a\":1,\"a\":2} | 400",
                "{'a':1} | 400",
                "{\"a\":NaN} | 400",
                "{\"a\":Infinity} | 400",
                "{\"a\":01} | 400",
                "{/*c*/} | 400",
                "{\"a\":1,} | 400",
                "[] | 422",
                "null | 422",
                "1 | 422",
                "\"x\" | 422",
                "{\"a\":\"\\u0000\"} | 422",
                "{\"\\u0000\":1} | 422",
                "{\"a\":1e999999999} | 422",
            })
    void bodies_are_read_strictly(String body, int status) {
        RawHttp.Answer answer = post(body.strip(), JSON);
        assertThat(answer.status()).isEqualTo(status);
    }

    @Test
    void an_empty_body_is_400() {
        assertThat(post("", JSON).status()).isEqualTo(400);
        assertThat(post("  ", JSON).status()).isEqualTo(400);
    }

    @Test
    void a_raw_control_character_or_broken_utf8_is_400() {
        assertThat(post("{\"a\":\"\u0001\"}", JSON).status()).isEqualTo(400);
        byte[] utf16 = "{\"a\":1}".getBytes(StandardCharsets.UTF_16);
        assertThat(api.send("POST", CREATE, utf16, JSON).status()).isEqualTo(400);
        byte[] broken = {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'};
        assertThat(api.send("POST", CREATE, broken, JSON).status()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(ints = {33, 1_001, 20_000})
    void deep_nesting_is_400(int depth) {
        assertThat(post("{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}", JSON)
                        .status())
                .isEqualTo(400);
    }

    @Test
    void nesting_to_the_limit_is_taken() {
        int inner = JsonBody.MAX_DEPTH - 1;
        assertThat(post("{\"a\":" + "[".repeat(inner) + "]".repeat(inner) + "}", JSON)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void a_long_number_is_422_and_named() {
        RawHttp.Answer answer = post("{\"a\":{\"b\":" + "9".repeat(2_000) + "}}", JSON);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"$.a.b\"").doesNotContain("999");
    }

    @Test
    void a_path_repeats_plain_names_only() {
        assertThat(post("{\"<b>\":{\"a\":\"\\u0000\"}}", JSON).text()).contains("\"entry\":\"$.*.a\"");
        String deep = ("{\"" + "n".repeat(900) + "\":").repeat(30);
        String numbers = "[" + "1e9999,".repeat(60) + "1]";
        RawHttp.Answer answer = post(deep + numbers + "}".repeat(30), JSON);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).hasSizeLessThan(20_000).doesNotContain("nnn");
    }

    @Test
    void what_cannot_be_stored_or_reckoned_with_is_422_and_named() {
        assertThat(post("{\"a\":[0,{\"b\":\"\\u0000\"}]}", JSON).text()).contains("\"entry\":\"$.a[1].b\"");
        assertThat(post("{\"a\":[0,{\"\\u0000\":1}]}", JSON).text()).contains("\"entry\":\"$.a[1]\"");
        assertThat(post("{\"a\":[\"\\ud800\"]}", JSON).text()).contains("\"entry\":\"$.a[0]\"");
        assertThat(post("{\"\\udc00\\ud800\":1}", JSON).status()).isEqualTo(400);
        assertThat(post("{\"a\":\"\\ud83d\\ude00\"}", JSON).status()).isEqualTo(200);
        assertThat(post("{\"a\":-1.5E-01000}", JSON).text())
                .contains("\"entry\":\"$.a\",\"rules\":[{\"rule\":\"range\"");
        assertThat(post("{\"a\":[1e999,1E-999,1e+0000000012]}", JSON).status()).isEqualTo(200);
    }

    @Test
    void bodies_up_to_the_limit_are_taken_and_larger_ones_are_413() {
        int max = HttpSettings.defaults().maxBody();
        String frame = "{\"a\":\"\"}";
        String fill = "x".repeat(max - frame.length());
        assertThat(post("{\"a\":\"" + fill + "\"}", JSON).status()).isEqualTo(200);
        assertThat(post("{\"a\":\"" + fill + "x\"}", JSON).status()).isEqualTo(413);
    }

    @Test
    void a_chunked_body_over_the_limit_is_413_before_it_ends() {
        String head = ApiFixture.message("POST", CREATE, "clinic-a", JSON, "Transfer-Encoding: chunked");
        String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
        RawHttp.Answer answer = RawHttp.send(api.port(), head + chunk.repeat(5));
        assertThat(answer.status()).isEqualTo(413);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/json; charset=utf-16",
                "application/json; charset = utf-16",
                "application/json; charset\t=utf-16",
                "application/jsonx",
                "application/json; charset=nosuch",
                "application/json; charset=\"\"",
                "application/json; charset=a b",
                "",
                "json"
            })
    void other_content_types_are_415(String type) {
        assertThat(post("{}", "Content-Type: " + type).status()).isEqualTo(415);
    }

    @Test
    void a_missing_content_type_or_an_encoding_is_415() {
        assertThat(post("{}").status()).isEqualTo(415);
        assertThat(post("{}", JSON, "Content-Encoding: gzip").status()).isEqualTo(415);
        assertThat(post("{}", "Content-Type: application/json; charset=UTF-8").status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"data\":null}",
                "{\"data\":5}",
                "{\"data\":\"\"}",
                "{\"data\":\"not base64!\"}",
                "{\"data\":[\"YQ==\"]}"
            })
    void signed_data_must_be_base64_text(String body) {
        RawHttp.Answer answer = api.send("PATCH", SIGN, body.getBytes(StandardCharsets.UTF_8), JSON);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry_type\":\"json_data_property\",\"entry\":\"$.data\"");
    }

    @Test
    void a_composition_id_that_is_no_uuid_is_404() {
        assertThat(api.request("PATCH", CREATE + "/x/cancel").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/patients/composition,POST",
        "POST,/patients/composition/x/sign,PATCH",
        "DELETE,/patients/composition/x/erln,PATCH"
    })
    void other_methods_are_405(String method, String path, String allow) {
        RawHttp.Answer answer = api.request(method, path);
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).contains(allow);
    }

    @Test
    void each_method_needs_its_own_scope() {
        RawHttp.Answer answer = RawHttp.send(api.port(), ApiFixture.message("PATCH", SIGN, "clinic-w"));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("Missing allowances: composition:sign\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0x2\r\n{}\r\n0\r\n\r\n",
                "+2\r\n{}\r\n0\r\n\r\n",
                "-2\r\n{}",
                "2\n{}\n0\n\n",
                "2\r\n{}0\r\n\r\n",
                "zz\r\n"
            })
    void broken_chunks_are_400_and_close_the_connection(String chunks) {
        String head = ApiFixture.message("POST", CREATE, "clinic-a", JSON, "Transfer-Encoding: chunked");
        RawHttp.Answer answer = RawHttp.send(api.port(), head + chunks);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text()).contains("\"type\":\"request_malformed\"");
        assertThat(answer.header("Connection")).contains("close");
    }

    @Test
    @Tag("soak")
    void a_stalled_body_is_408_and_closes_the_connection() {
        String head = ApiFixture.message("POST", CREATE, "clinic-a", JSON, "Content-Length: 100");
        RawHttp.Answer answer = RawHttp.send(api.port(), head + "{\"a\"");
        assertThat(answer.status()).isEqualTo(408);
        assertThat(answer.text()).contains("\"type\":\"request_timeout\"");
        assertThat(answer.header("Connection")).contains("close");
    }

    @Test
    void an_empty_chunked_body_is_no_body() {
        String head =
                ApiFixture.message("PATCH", CREATE + "/" + ID + "/cancel", "clinic-a", "Transfer-Encoding: chunked");
        assertThat(RawHttp.send(api.port(), head + "0\r\n\r\n").status()).isEqualTo(200);
    }

    @Test
    void unknown_properties_beside_signed_data_are_422() {
        byte[] body = "{\"data\":\"c2lnbmVk\",\"status\":\"DONE\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(api.send("PATCH", SIGN, body, JSON).status()).isEqualTo(422);
    }

    @Test
    void two_content_types_are_415() {
        assertThat(post("{}", JSON, "Content-Type: text/plain").status()).isEqualTo(415);
        assertThat(post("{}", "Content-Type: application/json; profile=x").status())
                .isEqualTo(200);
    }
}
