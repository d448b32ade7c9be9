package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of a client's own jobs (contract section 2, {@code GET /jobs} without {@code job:admin}). */
class OwnListTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final ObjectMapper JSON = new ObjectMapper();

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer list(String client, String query) {
        return api.requestAs(client, "GET", "/jobs" + query);
    }

    private JsonNode read(String client, String query) {
        RawHttp.Answer answer = list(client, query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        try {
            return JSON.readTree(answer.text());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> ids(String client, String query) {
        return read(client, query).get("data").findValuesAsText("id");
    }

    private String schedule(String owner) {
        NewJob job = NewJob.of(Jobs.newId(), new Owner(owner), Jobs.KIND, Jobs.LINKS);
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        api.clock().advance(Duration.ofMillis(1));
        return job.id().toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"producer", "lister"})
    void a_client_lists_its_own_jobs_newest_first_and_no_others(String client) {
        String first = schedule(client);
        schedule("clinic-b");
        schedule(client + "/user");
        String second = schedule(client);

        assertThat(ids(client, "")).containsExactly(second, first);
        assertThat(ids(client, "?owner=" + client)).containsExactly(second, first);
    }

    @Test
    void a_user_of_a_client_lists_what_it_may_read_the_status_of() {
        String own = schedule("for-user/here");
        schedule("for-user");
        schedule("for-user/there");

        assertThat(ids("for-user", "")).containsExactly(own);
        assertThat(ids("for-user", "?owner=for-user%2Fhere")).containsExactly(own);
        for (String other : List.of("for-user", "for-user%2Fthere", "for-user%2F")) {
            assertThat(list("for-user", "?owner=" + other).status()).isEqualTo(403);
        }
    }

    @Test
    void an_entry_tells_nothing_of_workers_schedulers_and_payloads() {
        NewJob job = NewJob.of(JobId.parse(ID), new Owner("producer"), Jobs.KIND, Jobs.LINKS)
                .withReference(new Reference("17"))
                .withPayload(new Payload("\"SESAM\""))
                .scheduledBy(new Owner("scheduler"));
        Jobs.scheduledAndClaimed(api.store(), job);

        assertThat(list("producer", "").text())
                .isEqualTo(
                        "{\"data\":[{\"eta\":\"2022-10-24T12:35:54.956Z\",\"id\":\"" + ID
                                + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\","
                                + "\"kind\":\"composition.create\",\"owner\":\"producer\","
                                + "\"createdAt\":\"2022-10-24T12:35:46.956Z\",\"attempt\":1,\"reference\":\"17\"}],\"paging\":{}}");
        assertThat(list("operator", "").text()).contains("worker-1", "\"scheduledBy\":\"scheduler\"");
    }

    @Test
    void another_owner_is_refused_whatever_exists() {
        schedule("clinic-b");
        List<String> answers = Stream.of(
                        "clinic-b", "nobody", "clinic-b&status=DONE", "clinic-b&reference=1", "Producer")
                .map(owner -> api.requestAs("producer", "GET", "/jobs?owner=" + owner, "x-request-id: same"))
                .peek(answer -> assertThat(answer.status()).isEqualTo(403))
                .map(answer -> answer.text().replaceFirst("\"url\":\"[^\"]*\"", ""))
                .distinct()
                .toList();
        assertThat(answers).singleElement().asString().contains("Missing allowances: job:admin\"");
        assertThat(list("producer", "?owner=clinic-b").header("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).contains("scope=\"job:admin\""));
        assertThat(list("producer", "?owner=clinic-b&limit=0").status()).isEqualTo(422);
        assertThat(list("producer", "?owner=a%20b").status()).isEqualTo(422);
    }

    @Test
    void filters_select_among_ones_own_jobs() {
        Jobs.accepted(
                api.store().schedule(Jobs.newJob().withReference(new Reference("17")), Jobs.EXPECTED)); // of clinic-7
        NewJob named = NewJob.of(Jobs.newId(), new Owner("producer"), Jobs.OTHER_KIND, Jobs.LINKS)
                .withReference(new Reference("17"));
        Jobs.accepted(api.store().schedule(named, Jobs.EXPECTED));
        String cancelled = schedule("producer");
        api.store().cancel(null, JobId.parse(cancelled));

        assertThat(ids("producer", "?reference=17")).containsExactly(named.id().toString());
        assertThat(ids("producer-b", "?reference=17")).isEmpty();
        assertThat(ids("producer", "?status=FAILED")).containsExactly(cancelled);
        assertThat(ids("producer", "?kind=composition.sign&status=PENDING&overdue=false"))
                .containsExactly(named.id().toString());
    }

    @Test
    void pages_follow_each_other() {
        for (int i = 0; i < 7; i++) {
            schedule("producer");
            schedule("producer-b");
        }
        List<String> seen = new ArrayList<>();
        JsonNode page = read("producer", "?limit=2");
        seen.addAll(page.get("data").findValuesAsText("id"));
        while (page.get("paging").has("next")) {
            page = read("producer", "?limit=2&cursor=" + page.at("/paging/next").asText());
            seen.addAll(page.get("data").findValuesAsText("id"));
        }
        assertThat(seen)
                .isEqualTo(api.store().list(JobFilter.ANY.withOwner(new Owner("producer"))).jobs().stream()
                        .map(entry -> entry.snapshot().job().id().toString())
                        .toList())
                .hasSize(7);
    }

    @Test
    void the_cursor_of_another_shows_ones_own_jobs_only() {
        String own = schedule("producer");
        schedule("producer-b");
        schedule("producer-b");
        schedule("producer-b");
        String ofAnother = read("producer-b", "?limit=1").at("/paging/next").asText();
        String ofAll = read("operator", "?limit=1").at("/paging/next").asText();
        String ofOwner =
                read("operator", "?limit=1&owner=producer-b").at("/paging/next").asText();
        String made =
                PageCursor.write(JobFilter.ANY, new JobFilter.Place(api.store().now(), Jobs.newId()));

        assertThat(List.of(ofAnother, ofAll, made))
                .allSatisfy(cursor ->
                        assertThat(ids("producer", "?cursor=" + cursor)).containsExactly(own));
        assertThat(list("producer", "?cursor=" + ofOwner).status()).isEqualTo(400);
        assertThat(list("producer", "?owner=producer-b&cursor=" + ofOwner).status())
                .isEqualTo(403);
    }

    @Test
    void bad_parameters_are_told_as_to_operators() {
        for (String query : List.of("?limit=0&status=x", "?a=1", "?limit=1&limit=1", "?cursor=AAAA", "?reference=")) {
            RawHttp.Answer own = api.requestAs("lister", "GET", "/jobs" + query, "x-request-id: same");
            RawHttp.Answer all = api.requestAs("operator", "GET", "/jobs" + query, "x-request-id: same");
            assertThat(own.text()).isEqualTo(all.text());
            assertThat(own.status()).isEqualTo(all.status()).isIn(400, 422);
        }
    }
}
