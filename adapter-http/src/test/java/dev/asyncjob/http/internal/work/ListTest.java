package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The list as operators see it, and what holds for every list (contract section 2, {@code GET /jobs}). */
class ListTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final ObjectMapper JSON = new ObjectMapper();

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer list(String query, String... headers) {
        return api.requestAs("operator", "GET", "/jobs" + query, headers);
    }

    private JsonNode read(String query) {
        RawHttp.Answer answer = list(query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        try {
            return JSON.readTree(answer.text());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> ids(String query) {
        return read(query).get("data").findValuesAsText("id");
    }

    private String schedule(String id, String owner, JobKind kind) {
        NewJob job = NewJob.of(JobId.parse(id), new Owner(owner), kind, Jobs.LINKS);
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        return id;
    }

    private String schedule() {
        return schedule(Jobs.newId().toString(), "producer", Jobs.KIND);
    }

    /** Schedules jobs, two at each instant, and tells their ids, in the order of the list. */
    private List<String> scheduled(int count) {
        for (int i = 0; i < count; i++) {
            schedule();
            api.clock().advance(Duration.ofMillis(i % 2));
        }
        return api.store().list(JobFilter.ANY).jobs().stream()
                .map(entry -> entry.snapshot().job().id().toString())
                .toList();
    }

    @Test
    void nothing_is_an_empty_page() {
        RawHttp.Answer answer = list("");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{\"data\":[],\"paging\":{}}");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.header("Content-Type")).contains("application/json; charset=utf-8");
        assertThat(answer.header("Vary")).contains("Accept, Authorization, api-key");
    }

    @Test
    void an_entry_is_the_status_and_what_operators_need_beyond_it() {
        schedule(ID, "producer", Jobs.KIND);
        assertThat(list("").text())
                .isEqualTo(
                        "{\"data\":[{\"eta\":\"2022-10-24T12:35:54.956Z\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\",\"kind\":\"composition.create\",\"owner\":\"producer\",\"createdAt\":\"2022-10-24T12:35:46.956Z\",\"attempt\":0}],\"paging\":{}}");
        ClaimedJob claimed = Jobs.claimed(api.store(), JobId.parse(ID));
        assertThat(list("").text())
                .contains(
                        "\"attempt\":1,\"lease\":{\"token\":1,\"worker\":\"worker-1\",\"expiresAt\":\"2022-10-24T12:45:46.956Z\"}}]");
        api.store()
                .renew(
                        claimed.job().id(),
                        claimed.lease().token(),
                        new LeaseExtension(Duration.ofSeconds(30), null, 12.5));
        assertThat(list("").text())
                .contains(
                        "\"lease\":{\"token\":1,\"worker\":\"worker-1\",\"expiresAt\":\"2022-10-24T12:36:16.956Z\",\"progress\":12.5}}]");
        Jobs.settle(api.store(), claimed, Jobs.DONE);
        assertThat(list("").text())
                .startsWith(
                        "{\"data\":[{\"eta\":\"2022-10-24T12:35:46.956Z\",\"id\":\"" + ID
                                + "\",\"doneAt\":\"2022-10-24T12:35:46.956Z\",\"links\":[{\"entity\":\"eHealth/composition\",\"href\":\"composition/0daaad78-6cfb-11ea-9cd6-afab698838bc\"}],\"status\":\"DONE\",\"kind\":")
                .endsWith("\"attempt\":1}],\"paging\":{}}");
    }

    @Test
    void a_reference_is_on_the_list_and_selects() {
        NewJob job = NewJob.of(JobId.parse(ID), new Owner("producer"), Jobs.KIND, Jobs.LINKS);
        Jobs.accepted(api.store().schedule(job.withReference(new Reference("№ 17 a&b")), Jobs.EXPECTED));
        schedule();
        assertThat(list("?owner=producer").text()).contains("\"attempt\":0,\"reference\":\"№ 17 a&b\"}");
        String reference = URLEncoder.encode("№ 17 a&b", StandardCharsets.UTF_8);
        assertThat(ids("?reference=" + reference)).containsExactly(ID);
        assertThat(ids("?reference=" + reference + "&owner=producer&status=PENDING"))
                .containsExactly(ID);
        assertThat(ids("?reference=" + reference + "&owner=another")).isEmpty();
        assertThat(ids("?reference=17")).isEmpty();
    }

    @Test
    void a_failed_entry_says_why() {
        schedule(ID, "producer", Jobs.KIND);
        api.store().cancel(null, JobId.parse(ID));
        assertThat(list("?status=FAILED").text()).contains("\"error\":\"cancelled\"}],\"status\":\"FAILED\"");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 100})
    void pages_follow_each_other_newest_first_without_gap_or_repetition(int limit) {
        List<String> all = scheduled(25);
        List<String> seen = new ArrayList<>();
        String query = "?limit=" + limit;
        for (JsonNode page = read(query);
                ;
                page = read(query + "&cursor=" + page.at("/paging/next").asText())) {
            assertThat(page.get("data").size()).isLessThanOrEqualTo(limit);
            seen.addAll(page.get("data").findValuesAsText("id"));
            if (!page.get("paging").has("next")) {
                break;
            }
            assertThat(page.get("data").size()).isEqualTo(limit);
        }
        assertThat(seen).isEqualTo(all);
    }

    @Test
    void a_page_has_twenty_jobs_when_nothing_is_said() {
        List<String> all = scheduled(21);
        assertThat(ids("")).isEqualTo(all.subList(0, 20));
        assertThat(read("").at("/paging/next").asText()).matches("[A-Za-z0-9_-]{80,120}");
        assertThat(read("?limit=21").get("paging").has("next")).isFalse();
    }

    @Test
    void a_cursor_outlives_newer_jobs_and_goes_with_pages_of_another_size() {
        List<String> all = scheduled(6);
        String next = read("?limit=2").at("/paging/next").asText();
        schedule();
        assertThat(ids("?limit=3&cursor=" + next)).isEqualTo(all.subList(2, 5));
    }

    @Test
    void filters_let_through_what_fits_all_of_them() {
        String done = schedule(Jobs.newId().toString(), "producer", Jobs.KIND);
        Jobs.settle(api.store(), Jobs.claimed(api.store(), JobId.parse(done)), Jobs.DONE);
        String signed = schedule(Jobs.newId().toString(), "producer", Jobs.OTHER_KIND);
        String foreign = schedule(Jobs.newId().toString(), "a&b=c%+/?#", Jobs.KIND);
        api.clock().advance(Duration.ofSeconds(60));
        String fresh = schedule(Jobs.newId().toString(), "producer", Jobs.KIND);

        assertThat(ids("?status=DONE")).containsExactly(done);
        assertThat(ids("?status=PENDING")).containsExactlyInAnyOrder(signed, foreign, fresh);
        assertThat(ids("?status=FAILED")).isEmpty();
        assertThat(ids("?kind=composition.sign")).containsExactly(signed);
        String owner = URLEncoder.encode("a&b=c%+/?#", StandardCharsets.UTF_8);
        assertThat(ids("?owner=" + owner)).containsExactly(foreign);
        assertThat(ids("?overdue=true")).containsExactlyInAnyOrder(signed, foreign);
        assertThat(ids("?overdue=false")).containsExactlyInAnyOrder(done, fresh);
        assertThat(ids("?overdue=true&owner=producer&kind=composition.sign&status=PENDING&limit=1"))
                .containsExactly(signed);
        assertThat(ids("?owner=unknown")).isEmpty();
        assertThat(ids("?")).hasSize(4);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "status=, status",
        "status, status",
        "status=pending, status",
        "status=RUNNING, status",
        "kind=, kind",
        "kind=A, kind",
        "kind=%00, kind",
        "owner=, owner",
        "owner=a%20b, owner",
        "owner=a+b, owner",
        "owner=%D0%BA, owner",
        "overdue=, overdue",
        "overdue=1, overdue",
        "overdue=TRUE, overdue",
        "reference=, reference",
        "reference=%00, reference",
        "reference=rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr, reference",
        "limit=, limit",
        "limit=abc, limit",
        "limit=0, limit",
        "limit=-1, limit",
        "limit=%2B5, limit",
        "limit=1.0, limit",
        "limit=1e9, limit",
        "limit=101, limit",
        "limit=1000000000, limit",
        "limit=99999999999999999999, limit",
        "limit=%D9%A5, limit",
        "cursor=, cursor",
    })
    void a_broken_value_is_422_and_named(String query, String entry) {
        RawHttp.Answer answer = list("?" + query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(422);
        assertThat(answer.text())
                .contains("\"type\":\"validation_failed\"")
                .contains("\"invalid\":[{\"entry_type\":\"query_parameter\",\"entry\":\"" + entry + "\",\"rules\"");
        assertThat(answer.header("Cache-Control")).contains("no-store");
    }

    @Test
    void every_broken_value_is_told_at_once() {
        assertThat(list("?status=x&kind=&owner=&reference=&overdue=&limit=0&cursor=")
                        .text())
                .contains(
                        "\"status\"",
                        "\"kind\"",
                        "\"owner\"",
                        "\"reference\"",
                        "\"overdue\"",
                        "\"limit\"",
                        "\"cursor\"");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a=1, query",
        "a=1&a=2, query",
        "Limit=1, query",
        "limit%00=1, query",
        "page=2&limit=1, query",
        "=, query",
        "limit=1&limit=1, limit",
        "limit=1&limit=2, limit",
        "limit=1&%6cimit=2, limit",
        "status=DONE&status=PENDING, status",
        "cursor=&cursor=, cursor",
    })
    void an_unknown_or_repeated_parameter_is_400_and_told(String query, String entry) {
        RawHttp.Answer answer = list("?" + query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.text())
                .contains("\"type\":\"request_malformed\"")
                .contains("\"invalid\":[{\"entry_type\":\"query_parameter\",\"entry\":\"" + entry + "\",\"rules\"")
                .doesNotContain("page");
    }

    @Test
    void undecodable_queries_are_400() {
        assertThat(list("?owner=%ff").status()).isEqualTo(400);
        assertThat(list("?owner=%zz").status()).isEqualTo(400);
        assertThat(list("?owner=\u00e9").status()).isEqualTo(400);
    }

    private void assertForged(String query) {
        RawHttp.Answer answer = list(query);
        assertThat(answer.status()).as(query).isEqualTo(400);
        assertThat(answer.text())
                .contains("\"type\":\"request_malformed\"")
                .contains("{\"entry_type\":\"query_parameter\",\"entry\":\"cursor\"");
    }

    @Test
    void a_cursor_is_good_for_its_own_filters_only() {
        scheduled(3);
        String next = read("?limit=1&status=PENDING").at("/paging/next").asText();
        assertThat(ids("?status=PENDING&cursor=" + next)).hasSize(2);
        assertForged("?cursor=" + next);
        assertForged("?status=DONE&cursor=" + next);
        assertForged("?status=PENDING&kind=a&cursor=" + next);
        assertForged("?status=PENDING&owner=a&cursor=" + next);
        assertForged("?status=PENDING&overdue=false&cursor=" + next);
        assertForged("?status=PENDING&reference=a&cursor=" + next);
    }

    @Test
    void a_cursor_with_any_bit_changed_is_refused() {
        scheduled(2);
        byte[] cursor = Base64.getUrlDecoder()
                .decode(read("?limit=1").at("/paging/next").asText());
        for (int i = 0; i < cursor.length; i++) {
            byte[] changed = cursor.clone();
            changed[i] ^= (byte) (1 << (i % 8));
            assertForged("?cursor=" + Base64.getUrlEncoder().encodeToString(changed));
        }
    }

    @Test
    void a_cursor_cut_off_or_made_up_is_refused() {
        scheduled(2);
        String cursor = read("?limit=1").at("/paging/next").asText();
        for (int length : new int[] {1, 4, 40, 47}) {
            assertForged("?cursor=" + cursor.substring(0, length));
        }
        for (String forged : List.of(
                cursor + cursor,
                cursor + "=",
                cursor + "A",
                cursor + "%0A",
                "+" + cursor.substring(1),
                "A".repeat(48),
                "_".repeat(48),
                "x".repeat(4_000),
                "1",
                "%00",
                "%D0%BA",
                "..%2F",
                String.join("", Collections.nCopies(16, "f__")))) {
            assertForged("?cursor=" + forged);
        }
    }

    @Test
    void a_place_that_no_job_can_have_is_refused_though_its_checksum_is_right() {
        String filters = PageCursor.filters(JobFilter.ANY);
        for (Instant at : List.of(Instant.MAX, Instant.EPOCH.minusSeconds(1))) {
            assertForged("?cursor=" + PageCursor.write(filters, at + " " + Jobs.newId()));
        }
        assertThat(api.requestAs(
                                "operator",
                                "GET",
                                "/jobs?cursor=" + PageCursor.write(filters, Instant.EPOCH + " " + Jobs.newId()))
                        .status())
                .as("a place that one can have")
                .isEqualTo(200);
    }

    @Test
    void head_answers_as_get_does_without_the_body() {
        schedule();
        RawHttp.Answer answer = api.requestAs("operator", "HEAD", "/jobs");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Length"))
                .contains(Integer.toString(list("").text().length()));
        assertThat(api.requestAs("operator", "HEAD", "/jobs?limit=0").status()).isEqualTo(422);
    }

    @Test
    void it_needs_its_scope_and_an_answer_that_can_be_read() {
        RawHttp.Answer answer = api.requestAs("worker", "GET", "/jobs");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text())
                .contains("Missing allowances: job:list or job:schedule or job:admin or job:read-all\"");
        assertThat(api.requestAs("worker", "GET", "/jobs?limit=0").status()).isEqualTo(403);
        assertThat(api.bare("GET", "/jobs").status()).isEqualTo(401);
        assertThat(list("", "Accept: text/html").status()).isEqualTo(406);
        assertThat(list("/").status()).isEqualTo(404);
    }

    @Test
    void a_payload_is_in_no_list() {
        NewJob job = Jobs.newJob().withPayload(new dev.asyncjob.domain.Payload("\"SESAM\""));
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        assertThat(list("").text()).contains(job.id().toString()).doesNotContain("SESAM", "payload");
    }
}
