package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs that ask for a callback (contract section 2, {@code callback}). */
class CallbackJobTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String KIND = "composition.create";
    private static final ObjectMapper JSON = new ObjectMapper();

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer postAs(String client, String path, String body, String... headers) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Content-Type: application/json";
        return api.sendAs(client, "POST", path, body.getBytes(StandardCharsets.UTF_8), all);
    }

    private static String job(String more) {
        return "{\"kind\":\"" + KIND + "\",\"links\":[{\"entity\":\"eHealth/composition\"}]" + more + "}";
    }

    private RawHttp.Answer schedule(String client, String more, String... headers) {
        return postAs(client, "/jobs", job(more), headers);
    }

    private List<ClaimedJob> deliveries() {
        return api.store().claim(Jobs.claim(10, Callback.KIND));
    }

    private void end(String kind) {
        ClaimedJob claimed = api.store().claim(Jobs.claim(1, new JobKind(kind))).get(0);
        Jobs.accepted(Jobs.settle(api.store(), claimed, Jobs.DONE));
    }

    private static void assertRefused(RawHttp.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text())
                .contains("{\"entry_type\":\"json_data_property\",\"entry\":\"$.callback\",\"rules\":[{\"rule\":"
                        + "\"unregistered\"");
    }

    @Test
    void a_job_that_asks_has_a_delivery_when_it_ends() {
        api.endpoints().register("producer");
        RawHttp.Answer answer = schedule("producer", ",\"callback\":true,\"id\":\"" + ID + "\"");
        assertThat(answer.status()).as(answer.text()).isEqualTo(202);
        assertThat(answer.text()).doesNotContain("callback");
        end(KIND);
        assertThat(deliveries())
                .singleElement()
                .satisfies(delivery -> assertThat(delivery.payload().json())
                        .startsWith("{\"client\":\"producer\",\"id\":\"" + ID + "\",\"status\":\"DONE\","));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"callback\":false"})
    void a_job_that_does_not_ask_needs_no_endpoint_and_has_no_delivery(String more) {
        assertThat(schedule("producer", more).status()).isEqualTo(202);
        end(KIND);
        assertThat(deliveries()).isEmpty();
    }

    @Test
    void a_client_without_an_endpoint_for_the_kind_is_refused() {
        api.endpoints().register("producer-b");
        assertRefused(schedule("producer", ",\"callback\":true"));
        api.endpoints().register("producer", new JobKind("report"));
        assertRefused(schedule("producer", ",\"callback\":true"));
        assertThat(api.store().list(JobFilter.ANY).jobs()).isEmpty();
        api.endpoints().register("producer", new JobKind("report"), new JobKind(KIND));
        assertThat(schedule("producer", ",\"callback\":true").status()).isEqualTo(202);
    }

    @Test
    void the_endpoint_is_that_of_the_client_that_schedules_whoever_owns_the_job() {
        api.endpoints().register("clinic-a");
        assertRefused(schedule("scheduler", ",\"callback\":true,\"owner\":\"clinic-a\""));
        api.endpoints().register("scheduler");
        assertThat(schedule("scheduler", ",\"callback\":true,\"owner\":\"clinic-b\"")
                        .status())
                .isEqualTo(202);
        end(KIND);
        assertThat(deliveries()).singleElement().satisfies(delivery -> {
            assertThat(delivery.payload().json()).startsWith("{\"client\":\"scheduler\",");
            assertThat(delivery.job().owner()).isEqualTo(new Owner("clinic-b"));
        });
    }

    @Test
    void a_client_that_calls_for_a_user_has_the_endpoint_of_the_client() {
        api.endpoints().register("for-user");
        assertThat(schedule("for-user", ",\"callback\":true").status()).isEqualTo(202);
    }

    @Test
    void a_repetition_is_answered_like_the_first_time_when_the_endpoint_is_gone() {
        api.endpoints().register("producer");
        RawHttp.Answer named = schedule("producer", ",\"callback\":true,\"id\":\"" + ID + "\"");
        RawHttp.Answer keyed = schedule("producer", ",\"callback\":true", "Idempotency-Key: k");
        assertThat(keyed.status()).isEqualTo(202);
        api.endpoints().clear();
        assertThat(schedule("producer", ",\"callback\":true,\"id\":\"" + ID + "\"")
                        .text())
                .isEqualTo(named.text());
        RawHttp.Answer again = schedule("producer", ",\"callback\":true", "Idempotency-Key: k");
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.text()).isEqualTo(keyed.text());
        assertThat(again.header("Location")).isEqualTo(keyed.header("Location"));
        assertRefused(schedule("producer", ",\"callback\":true", "Idempotency-Key: l"));
        assertThat(schedule("producer", ",\"callback\":true,\"maxAttempts\":9", "Idempotency-Key: k")
                        .text())
                .contains("\"reused\"");
        assertThat(schedule("producer", ",\"callback\":true,\"maxAttempts\":9,\"id\":\"" + ID + "\"")
                        .status())
                .isEqualTo(409);
        assertThat(api.store().list(JobFilter.ANY).jobs()).hasSize(2);
    }

    @Test
    void a_repetition_that_does_not_ask_is_another_request() {
        api.endpoints().register("producer");
        schedule("producer", ",\"callback\":true,\"id\":\"" + ID + "\"");
        assertThat(schedule("producer", ",\"id\":\"" + ID + "\"").status()).isEqualTo(409);
        schedule("producer", ",\"callback\":true", "Idempotency-Key: k");
        assertThat(schedule("producer", "", "Idempotency-Key: k").text()).contains("\"reused\"");
    }

    @Test
    void nobody_schedules_or_claims_a_delivery() {
        api.endpoints().register("producer");
        schedule("producer", ",\"callback\":true");
        end(KIND);
        String forged = "{\"kind\":\"asyncjob.callback\",\"links\":[{\"entity\":\"callback\"}]}";
        String born = forged.replace("}]}", "}],\"lease\":{\"worker\":\"w\",\"for\":\"PT1M\"}}");
        for (RawHttp.Answer answer : List.of(
                postAs("producer", "/jobs", forged),
                postAs("clinic-a", "/jobs", forged),
                postAs("executor", "/jobs", born))) {
            assertReserved(answer, "$.kind");
        }
        String claim = "{\"kinds\":[\"report\",\"asyncjob.callback\"],\"max\":1,\"worker\":\"w\"}";
        assertReserved(postAs("worker", "/jobs/claims", claim), "$.kinds[1]");
        assertReserved(postAs("clinic-a", "/jobs/claims", claim), "$.kinds[1]");
        assertThat(deliveries()).hasSize(1);
    }

    private static void assertReserved(RawHttp.Answer answer, String path) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text()).contains("\"entry\":\"" + path + "\",\"rules\":[{\"rule\":\"reserved\"");
    }

    @Test
    void a_delivery_is_in_the_list_of_its_owner_and_of_operators_only() throws JsonProcessingException {
        api.endpoints().register("producer");
        schedule("producer", ",\"callback\":true,\"id\":\"" + ID + "\"");
        end(KIND);
        String query = "/jobs?kind=asyncjob.callback&reference=" + ID;
        String delivery = JSON.readTree(api.requestAs("operator", "GET", query).text())
                .at("/data/0/id")
                .asText();
        for (String reader : List.of("producer", "operator")) {
            JsonNode entry =
                    JSON.readTree(api.requestAs(reader, "GET", query).text()).get("data");
            assertThat(entry).hasSize(1);
            assertThat(entry.get(0).get("id").asText()).isEqualTo(delivery);
            assertThat(entry.get(0).get("owner").asText()).isEqualTo("producer");
            assertThat(entry.toString()).doesNotContain("payload");
        }
        for (String other : List.of("producer-b", "lister")) {
            assertThat(api.requestAs(other, "GET", query).text()).startsWith("{\"data\":[]");
        }
        assertThat(api.requestAs("producer-b", "DELETE", "/jobs/" + delivery).status())
                .isEqualTo(404);
        assertThat(deliveries())
                .singleElement()
                .satisfies(claimed -> assertThat(claimed.job().id()).hasToString(delivery));
    }

    /** One character of each kind that can be stored and that JSON writers treat in their own ways. */
    @Test
    void any_payload_of_a_delivery_is_json_that_says_the_same() throws JsonProcessingException {
        StringBuilder odd = new StringBuilder();
        for (char c = 1; c < 128; c++) {
            odd.append(c);
        }
        List<String> references = List.of(
                odd.toString(),
                "\u0080\u009f\u00a0\u00ad\u200b\u2028\u2029\ufeff\ufffe\uffff\ud83c\udfe5",
                "\\u0041",
                "\"");
        Owner client = new Owner("!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~");
        Instant end = Instant.parse("2026-11-23T12:00:00.001999Z");
        for (String reference : references) {
            Callback callback = new Callback(client, JobId.parse(ID), JobStatus.FAILED, end, new Reference(reference));
            JsonNode read = JSON.readTree(callback.payload().json());
            assertThat(read.get("client").asText()).isEqualTo(client.value());
            assertThat(read.get("id").asText()).isEqualTo(ID);
            assertThat(read.get("status").asText()).isEqualTo("FAILED");
            assertThat(read.get("endedAt").asText()).isEqualTo("2026-11-23T12:00:00.001Z");
            assertThat(read.get("reference").asText()).isEqualTo(reference);
            assertThat(read).hasSize(5);
        }
    }
}
